// The project's own table: published end-to-end figures with their citation, validate/reference/published.csv.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "validate/layouts/cells.h"
#include "validate/layouts/readers.h"

namespace roofcast {
namespace {

std::optional<std::int64_t> optional_count(const CsvRow& row, std::size_t column) {
  return row.empty(column) ? std::nullopt : std::optional(row.count(column));
}

Task task_at(const CsvRow& row, std::size_t column) {
  if (const auto task = task_of(row.text(column))) return *task;
  row.fail(column, fmt::format("unknown task '{}'", row.text(column)));
}

}  // namespace

RowReader read_published(const CsvHeader& h, const Profiles& profiles) {
  return [&profiles, stacks = StackChooser(profiles, "published", h), device = h.at("device"),
          workload = h.at("workload"), task = h.at("task"), mode = h.at("mode"),
          precision = h.at("precision"), batch = h.at("batch"), image = h.at("image_size"),
          seq_len = h.at("seq_len"), stack = h.at("stack"), value = h.at("value"), unit = h.at("unit"),
          source = h.at("source")](const CsvRow& row, Observation& o) {
    const std::string_view which = row.text(mode);
    const bool step = which == "training" || which == "forward-backward";
    if (!step && which != "inference") {
      row.fail(mode, fmt::format("'{}' is none of training, forward-backward and inference", which));
    }
    if (row.empty(stack)) row.fail(stack, "is empty: the software is part of a figure");
    if (row.empty(source)) row.fail(source, "is empty: every figure needs its source");
    const std::int64_t samples = row.count(batch);
    o.device = row.text(device);
    o.kind = fmt::format("{}/{}/{}", row.text(workload), which, row.text(precision));
    if (row.text(unit) == "ms") {
      o.measured = milliseconds_at(row, value);
    } else if (row.text(unit) == "samples/s") {
      o.measured = time_for(static_cast<double>(samples), row, value);
    } else {
      row.fail(unit, fmt::format("'{}' is neither ms nor samples/s", row.text(unit)));
    }
    const StackProfile& software = stacks.choose(row);
    if (software.stack.name == "eager" && row.text(stack) != "eager") {
      row.fail(stack, fmt::format("unknown stack '{}'", row.text(stack)));
    }
    auto subject = job(profiles, software,
                       {.workload = row.text(workload),
                        .mode = step ? Mode::training : Mode::inference,
                        .precision = row.text(precision),
                        .batch = samples,
                        .image_size = optional_count(row, image),
                        .sequence_length = optional_count(row, seq_len)});
    if (auto* run = std::get_if<JobCase>(&subject)) {
      if (!row.empty(task)) run->workload.task = task_at(row, task);
      if (which == "forward-backward") {  // into existing gradients, without an optimizer
        run->optimizer = Optimizer::none;
        run->accumulates_gradients = true;
      }
    }
    set_subject(o, std::move(subject));
  };
}

}  // namespace roofcast
