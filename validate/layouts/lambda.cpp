// Lambda's training benchmark: one step = forward, backward and optimizer. The warm-up free rate where there is one.
// Source: github.com/lambdal/deeplearning-benchmark.
// Rates of some workloads count words, frames or sound, of which a batch has so many a sample:
//   gnmt       25 words on either side (Luong et al. 2015: WMT en-de has 116 M and 110 M words in 4.5 M pairs), the
//              column counts both sides
//   tacotron2  566 frames, the mean of LJSpeech (86,117 s of 13,100 clips in frames of 256 samples at 22,050 Hz)
//   waveglow   segments of 8,000 samples, as its script cuts them
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "validate/layouts/cells.h"
#include "validate/layouts/readers.h"

namespace roofcast {
namespace {

constexpr std::int64_t kWords = 25;

/// What the rate counts of one sample; nothing for a unit that is not known.
std::optional<double> counted(std::string_view unit, std::optional<std::int64_t> length) {
  if (unit == "images/s" || unit == "sequences/s" || unit == "samples/s") return 1;
  if (unit == "tokens_tgt/s" && length) return static_cast<double>(*length);
  if (unit == "tokens_src_plus_tgt/s") return 2.0 * kWords;
  if (unit == "mel_frames/s") return 566;
  if (unit == "audio_samples/s") return 8000;
  return std::nullopt;
}

}  // namespace

RowReader read_lambda_training(const CsvHeader& h, const Profiles& profiles) {
  return [&profiles, stacks = StackChooser(profiles, "lambda/training", h), device = h.at("device"),
          gpus = h.at("gpus"), workload = h.at("workload"), precision = h.at("precision"),
          batch = h.at("per_gpu_batch"), global_batch = h.at("global_batch"), seq_len = h.at("seq_len"),
          image = h.at("image_size"), rate = h.at("throughput"), unit = h.at("throughput_unit"),
          steady = h.at("steady_throughput")](const CsvRow& row, Observation& o) {
    o.device = row.text(device);
    o.kind = fmt::format("{}/{}", row.text(workload), row.text(precision));
    row.count(gpus);
    // Some scripts take a global batch, of which a share per GPU need not be whole.
    const double samples = static_cast<double>(row.count(global_batch));
    std::optional<std::int64_t> length = leading_count(row.text(seq_len));
    const auto each = counted(row.text(unit), length);
    const std::size_t from = row.empty(steady) ? rate : steady;
    o.measured = each ? std::optional(time_for(samples * *each, row, from)) : std::nullopt;
    if (row.text(workload) == "gnmt") length = kWords;
    set_subject(o, job(profiles, stacks.choose(row),
                       {.workload = row.text(workload),
                        .mode = Mode::training,
                        .precision = row.text(precision),
                        .batch = row.count(batch),
                        .image_size = leading_count(row.text(image)),
                        .sequence_length = length}));
  };
}

}  // namespace roofcast
