// What the readers of layouts share: cells that hold words, shapes and times.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "validate/layout.h"

namespace roofcast {

/// "fp32", "amp_fp16", and the spellings of measured files: "amp" and "fp16-amp" are amp_fp16.
std::optional<Precision> precision_of(std::string_view text);

/// Positive milliseconds.
Seconds milliseconds_at(const CsvRow& row, std::size_t column);

/// A rate of work, so that time = work / rate.
Seconds time_for(double work, const CsvRow& row, std::size_t rate_column);

/// The whole number a text starts with: 224 of "224x224", 128 of "128 (derived)"; nothing for "auto".
std::optional<std::int64_t> leading_count(std::string_view text);

/// Refuses a shape whose operations would not fit any number the model computes with.
void check_work(const CsvRow& row, double operations);

/// Fills `o` with a whole model's run; the subject is Unmodelled where the precision is none the tool knows.
struct RunShape {
  std::string_view workload;  // as the file calls it
  Mode mode = Mode::training;
  std::string_view precision;
  std::int64_t batch = 1;
  std::optional<std::int64_t> image_size = {}, sequence_length = {};
};
std::variant<Unmodelled, JobCase> job(const Profiles& profiles, const StackProfile& stack,
                                      const RunShape& shape);
void set_subject(Observation& o, std::variant<Unmodelled, JobCase> subject);

}  // namespace roofcast
