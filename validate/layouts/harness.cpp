// Rows of `roofcast measure`: kernels timed by CUPTI's activity records, without launch and host.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <stdexcept>

#include "validate/harness/case.h"
#include "validate/harness/op_text.h"
#include "validate/layouts/cells.h"
#include "validate/layouts/readers.h"

namespace roofcast {
namespace {

std::string format_name(const Numerics& n) {
  return fmt::format("{}{}", name(n.math), n.path == Path::tensor_core ? " tensor" : "");
}

struct Reader {
  std::size_t device, section, subject, numerics, provider, load, step, value, unit, state;
  bool events = false;  // the board had no CUPTI: times hold a launch each

  void property(const CsvRow& row, Observation& o) {
    if (row.text(subject) == "timing") events = row.text(value).rfind("CUDA events", 0) == 0;
    o.subject = Unmodelled{"a property of the board"};
  }

  void kernel(const CsvRow& row, Observation& o) const {
    const ParsedOp parsed = parse_op_text(row.text(subject));
    const Numerics n = parse_numerics_text(row.text(numerics));
    const bool replayed = !row.empty(step);
    o.kind = fmt::format("{}{}/{}", replayed ? "replayed " : "", name(kind(parsed.op)), format_name(n));
    const bool burst = row.text(load) == "burst" && !replayed;
    const Timing timing = events ? Timing::back_to_back : burst ? Timing::recorded_burst : Timing::recorded;
    if (row.text(provider).find(harness::kOwnConvolution) != std::string_view::npos &&
        std::holds_alternative<Conv2d>(parsed.op)) {
      o.subject = Unmodelled{"the harness's own convolution, which says nothing of cuDNN's"};
    } else {
      o.subject =
          KernelCase{.op = parsed.op, .numerics = n, .timing = timing, .channels_last = parsed.channels_last};
    }
  }

  void whole_step(const CsvRow& row, Observation& o) const {
    const auto [workload, precision] = harness::parse_step_text(row.text(subject));
    JobCase job;
    job.workload = workload;
    job.precision = precision;
    job.stack = find_stack(precision == Precision::amp_fp16 ? "channels-last" : "eager").value();
    job.recorded = true;
    o.kind = fmt::format("step {}/{}/{}", workload.name, name(workload.mode), name(precision));
    o.subject = job;
    if (row.text(provider).find(harness::kOwnConvolution) != std::string_view::npos)
      o.subject = Unmodelled{"a step with the harness's own convolutions"};
  }

  void operator()(const CsvRow& row, Observation& o) {
    o.device = row.text(device);
    o.kind = row.text(section);
    o.measured.reset();
    if (row.text(section) == "board") return property(row, o);
    if (row.text(state) != "ok" && row.text(state) != "noisy") {
      o.subject = Unmodelled{std::string(row.text(state))};
      return;
    }
    if (row.text(unit) != "ms") {
      row.number(value);
      o.subject = Unmodelled{"a figure of the hardware, below any kernel of a network"};
      return;
    }
    o.measured = milliseconds_at(row, value);
    try {
      if (row.text(subject).substr(0, 5) == "step:") return whole_step(row, o);
      kernel(row, o);
    } catch (const std::invalid_argument& e) {
      row.fail(subject, e.what());
    }
  }
};

}  // namespace

RowReader read_harness(const CsvHeader& h, const Profiles&) {
  return Reader{h.at("device"), h.at("section"), h.at("case"),  h.at("numerics"), h.at("provider"),
                h.at("load"),   h.at("step"),    h.at("value"), h.at("unit"),     h.at("state")};
}

}  // namespace roofcast
