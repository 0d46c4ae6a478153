// Lambda's training benchmark: one step = forward, backward and optimizer. The warm-up free rate where there is one.
// Source: github.com/lambdal/deeplearning-benchmark.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "validate/layouts/cells.h"
#include "validate/layouts/readers.h"

namespace roofcast {

RowReader read_lambda_training(const CsvHeader& h, const Profiles& profiles) {
  return [&profiles, stacks = StackChooser(profiles, "lambda/training", h), device = h.at("device"),
          gpus = h.at("gpus"), workload = h.at("workload"), precision = h.at("precision"),
          batch = h.at("per_gpu_batch"), global_batch = h.at("global_batch"), seq_len = h.at("seq_len"),
          image = h.at("image_size"), rate = h.at("throughput"), unit = h.at("throughput_unit"),
          steady = h.at("steady_throughput")](const CsvRow& row, Observation& o) {
    o.device = row.text(device);
    o.kind = fmt::format("{}/{}", row.text(workload), row.text(precision));
    row.count(gpus);
    // Some scripts take a global batch, of which a share per GPU need not be whole; only some units count samples.
    const double samples = static_cast<double>(row.count(global_batch));
    const bool per_sample = row.text(unit) == "images/s" || row.text(unit) == "sequences/s";
    const Seconds time = time_for(samples, row, row.empty(steady) ? rate : steady);
    o.measured = per_sample ? std::optional(time) : std::nullopt;
    set_subject(o, job(profiles, stacks.choose(row),
                       {.workload = row.text(workload),
                        .mode = Mode::training,
                        .precision = row.text(precision),
                        .batch = row.count(batch),
                        .image_size = leading_count(row.text(image)),
                        .sequence_length = leading_count(row.text(seq_len))}));
  };
}

}  // namespace roofcast
