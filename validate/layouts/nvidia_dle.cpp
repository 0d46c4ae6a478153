// NVIDIA DeepLearningExamples: the performance tables of its READMEs, training and inference.
// Source: github.com/NVIDIA/DeepLearningExamples.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "validate/layouts/cells.h"
#include "validate/layouts/readers.h"

namespace roofcast {
namespace {

void set_task(JobCase& job, std::string_view task) {
  if (task.find("squad") != std::string_view::npos) job.workload.task = Task::squad;
  if (task == "pretraining") job.workload.task = Task::pretraining;
}

struct Columns {
  explicit Columns(const CsvHeader& h)
      : device(h.at("device")),
        gpus(h.at("gpus")),
        model(h.at("model")),
        task(h.at("task")),
        precision(h.at("precision")),
        seq_len(h.at("seq_len")),
        image(h.at("image_size")),
        rate(h.at("throughput")) {}
  std::size_t device, gpus, model, task, precision, seq_len, image, rate;

  RunShape shape(const CsvRow& row, Mode mode, std::int64_t batch) const {
    return {.workload = row.text(model),
            .mode = mode,
            .precision = row.text(precision),
            .batch = batch,
            .image_size = leading_count(row.text(image)),
            .sequence_length = leading_count(row.text(seq_len))};
  }
  void begin(const CsvRow& row, Observation& o) const {
    o.device = row.text(device);
    o.kind = fmt::format("{}/{}", row.text(model), row.text(precision));
  }
};

}  // namespace

RowReader read_nvidia_dle_training(const CsvHeader& h, const Profiles& profiles) {
  return [&profiles, at = Columns(h), stacks = StackChooser(profiles, "nvidia_dle/training", h),
          batch = h.at("per_gpu_batch"), accumulation = h.at("grad_accum_steps"),
          time = h.at("ms_per_micro_batch")](const CsvRow& row, Observation& o) {
    at.begin(row, o);
    const double gpus = static_cast<double>(row.count(at.gpus));
    const std::int64_t per_gpu = row.count(batch);
    o.measured = row.empty(time) ? time_for(static_cast<double>(per_gpu) * gpus, row, at.rate)
                                 : milliseconds_at(row, time);
    auto subject = job(profiles, stacks.choose(row), at.shape(row, Mode::training, per_gpu));
    if (auto* run = std::get_if<JobCase>(&subject)) {
      set_task(*run, row.text(at.task));
      run->passes_per_update = row.empty(accumulation) ? 1 : row.count(accumulation);
      run->accumulates_gradients = run->passes_per_update > 1;
    }
    set_subject(o, std::move(subject));
  };
}

RowReader read_nvidia_dle_inference(const CsvHeader& h, const Profiles& profiles) {
  return [&profiles, at = Columns(h), stacks = StackChooser(profiles, "nvidia_dle/inference", h),
          batch = h.at("batch"), time = h.at("latency_ms")](const CsvRow& row, Observation& o) {
    at.begin(row, o);
    row.count(at.gpus);
    const std::int64_t samples = row.count(batch);
    o.measured =
        row.empty(time) ? time_for(static_cast<double>(samples), row, at.rate) : milliseconds_at(row, time);
    auto subject = job(profiles, stacks.choose(row), at.shape(row, Mode::inference, samples));
    if (auto* run = std::get_if<JobCase>(&subject)) set_task(*run, row.text(at.task));
    set_subject(o, std::move(subject));
  };
}

}  // namespace roofcast
