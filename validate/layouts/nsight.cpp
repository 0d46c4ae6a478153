// Exports of Nsight Systems (nsys stats --report cuda_gpu_trace --format csv) and Nsight Compute (ncu --import FILE --csv,
// whose details page is long; the raw page is wide and not read). Neither records the shapes of tensors.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "validate/layouts/cells.h"
#include "validate/layouts/readers.h"
#include "validate/traces/traced_op.h"

namespace roofcast {
namespace {

/// "NVIDIA GeForce RTX 3090 (0)" -> without the ordinal.
std::string device_name(std::string_view text) {
  const std::size_t open = text.rfind(" (");
  return std::string(open != std::string_view::npos && text.back() == ')' ? text.substr(0, open) : text);
}

void set(Observation& o, std::string_view kernel, std::int64_t blocks, std::int64_t threads) {
  o.kind = class_of_kernel(kernel);
  if (const auto matched = match_kernel(kernel, blocks, threads)) {
    o.subject = KernelCase{matched->op, matched->numerics, Timing::recorded};
  } else {
    o.subject = Unmodelled{matched.error()};
  }
}

/// "(128, 1, 1)" -> 128.
std::int64_t product_of(const CsvRow& row, std::size_t column) {
  std::int64_t result = 1;
  const std::string_view text = row.text(column);
  const char* end = text.data() + text.size();
  int numbers = 0;
  for (const char* at = text.data(); at != end;) {
    std::int64_t v = 0;
    const auto [next, error] = std::from_chars(at, end, v);
    if (error != std::errc()) {
      ++at;
      continue;
    }
    result *= v;
    ++numbers;
    at = next;
  }
  if (numbers == 0 || result < 1) row.fail(column, fmt::format("'{}' is not a size", text));
  return result;
}

/// "152,304" -> 152304: Nsight Compute groups digits.
double grouped_number(const CsvRow& row, std::size_t column) {
  std::string text(row.text(column));
  text.erase(std::remove(text.begin(), text.end(), ','), text.end());
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value > 0))
    row.fail(column, fmt::format("'{}' is not a time above 0", row.text(column)));
  return value;
}

}  // namespace

RowReader read_nsight_systems(const CsvHeader& h, const Profiles&) {
  return [device = h.at("Device"), name = h.at("Name"), duration = h.at("Duration (ns)"), gx = h.at("GrdX"),
          gy = h.at("GrdY"), gz = h.at("GrdZ"), bx = h.at("BlkX"), by = h.at("BlkY"),
          bz = h.at("BlkZ")](const CsvRow& row, Observation& o) {
    o.device = device_name(row.text(device));
    o.measured.reset();
    if (row.empty(gx)) {  // "[CUDA memcpy Host-to-Device]", "[CUDA memset]"
      o.kind = "memory operation";
      o.subject = Unmodelled{"a copy or fill outside kernels"};
      return;
    }
    o.measured = Seconds(row.positive(duration) * 1e-9);
    set(o, row.text(name), row.count(gx) * row.count(gy) * row.count(gz),
        row.count(bx) * row.count(by) * row.count(bz));
  };
}

RowReader read_nsight_compute(const CsvHeader& h, const Profiles&) {
  return [name = h.at("Kernel Name"), grid = h.at("Grid Size"), block = h.at("Block Size"),
          metric = h.at("Metric Name"), unit = h.at("Metric Unit"), value = h.at("Metric Value"),
          device = h.at("Device")](const CsvRow& row, Observation& o) {
    o.device = device_name(row.text(device));
    o.measured.reset();
    o.kind = class_of_kernel(row.text(name));
    const bool time = row.text(metric) == "gpu__time_duration.sum" || row.text(metric) == "Duration";
    if (!time) {
      o.subject = Unmodelled{"another metric than the time"};
      return;
    }
    const std::string_view u = row.text(unit);
    const double scale = u == "ns" || u == "nsecond"   ? 1e-9
                         : u == "us" || u == "usecond" ? 1e-6
                         : u == "ms" || u == "msecond" ? 1e-3
                                                       : 0;
    if (scale == 0) row.fail(unit, fmt::format("'{}' is none of ns, us and ms", u));
    o.measured = Seconds(grouped_number(row, value) * scale);
    set(o, row.text(name), product_of(row, grid), product_of(row, block));
  };
}

}  // namespace roofcast
