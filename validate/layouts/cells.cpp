// SPDX-License-Identifier: Apache-2.0
#include "validate/layouts/cells.h"

#include <fmt/format.h>

#include <charconv>

namespace roofcast {

std::optional<Precision> precision_of(std::string_view text) {
  if (text == "amp" || text == "fp16-amp") return Precision::amp_fp16;
  return parse_precision(text);
}

Seconds milliseconds_at(const CsvRow& row, std::size_t column) { return milliseconds(row.positive(column)); }

Seconds time_for(double work, const CsvRow& row, std::size_t rate_column) {
  return Seconds(work / row.positive(rate_column));
}

std::optional<std::int64_t> leading_count(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value < 1 || value > 2147483647) return std::nullopt;
  return value;
}

void check_work(const CsvRow& row, double operations) {
  if (operations > 1e18)
    row.fail(fmt::format("the shape asks for {:.1e} operations; is a size mistyped?", operations));
}

std::variant<Unmodelled, JobCase> job(const Profiles& profiles, const StackProfile& stack,
                                      const RunShape& shape) {
  const auto precision = stack.precision ? stack.precision : precision_of(shape.precision);
  if (!precision) return Unmodelled{fmt::format("precision '{}' is not modelled", shape.precision)};
  JobCase result;
  result.workload = profiles.workload(shape.workload);
  result.workload.mode = shape.mode;
  result.workload.batch = shape.batch;
  result.workload.image_size = shape.image_size;
  result.workload.sequence_length = shape.sequence_length;
  result.precision = *precision;
  result.stack = stack.stack;
  result.host = stack.host;
  result.optimizer = stack.optimizer;
  return result;
}

void set_subject(Observation& o, std::variant<Unmodelled, JobCase> subject) {
  std::visit([&](auto& s) { o.subject = std::move(s); }, subject);
}

}  // namespace roofcast
