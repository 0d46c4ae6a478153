// Figures of many sources for the boards people ask about: a value, its unit, and what was run.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "validate/layouts/cells.h"
#include "validate/layouts/language_rows.h"
#include "validate/layouts/readers.h"

namespace roofcast {
namespace {

/// 1024 of "M=N=K=1024".
std::optional<std::int64_t> square_size(std::string_view text) {
  const std::size_t at = text.rfind('=');
  return at == std::string_view::npos ? std::nullopt : leading_count(text.substr(at + 1));
}

Gemm square(std::int64_t size) { return {.m = size, .n = size, .k = size}; }

/// The precisions of matrix products; cublasLt's FP16 rows accumulate in FP16.
std::optional<std::variant<Precision, Numerics>> gemm_numerics(std::string_view text,
                                                               std::string_view workload) {
  if (text == "fp16" && workload == "gemm_square") {
    return Numerics{NumberFormat::fp16, NumberFormat::fp16, NumberFormat::fp16, Path::tensor_core};
  }
  if (const auto precision = precision_of(text)) return *precision;
  return std::nullopt;
}

struct Columns {
  explicit Columns(const CsvHeader& h)
      : device(h.at("device")),
        workload(h.at("workload")),
        model(h.at("model")),
        phase(h.at("phase")),
        precision(h.at("precision")),
        batch(h.at("batch")),
        shape(h.at("seq_len_or_resolution")),
        value(h.at("value")),
        unit(h.at("unit")) {}
  std::size_t device, workload, model, phase, precision, batch, shape, value, unit;
};

void read_gemm(const Columns& at, const CsvRow& row, Observation& o) {
  const auto numerics = gemm_numerics(row.text(at.precision), row.text(at.workload));
  if (row.text(at.unit) != "TFLOPS" && row.text(at.unit) != "TOPS") {
    o.subject = Unmodelled{fmt::format("unit '{}' is not a rate of operations", row.text(at.unit))};
    return;
  }
  if (!numerics) {
    o.subject = Unmodelled{fmt::format("precision '{}' is not modelled", row.text(at.precision))};
    return;
  }
  const double rate = row.positive(at.value) * 1e12;
  if (row.text(at.workload) == "gemm_peak") {  // "square 1024-10240", the best of them
    SweepCase sweep{{}, *numerics};
    for (std::int64_t size = 1024; size <= 10240; size += 1024) sweep.sizes.push_back(square(size));
    o.measured = Seconds(flops(sweep.sizes.back()).value / rate);
    o.subject = std::move(sweep);
    return;
  }
  const auto size = square_size(row.text(at.shape));
  if (!size) {
    o.subject = Unmodelled{"no size M=N=K is stated"};
    return;
  }
  const Gemm gemm = square(*size);
  check_work(row, flops(gemm).value);
  o.measured = Seconds(flops(gemm).value / rate);
  o.subject = KernelCase{gemm, *numerics, Timing::back_to_back};
}

bool is_rate(std::string_view unit) {
  return unit == "img/s" || unit == "FPS" || unit == "samples/s" || unit == "it/s" || unit == "seq/s";
}

void read_run(const Columns& at, const StackProfile& stack, const Profiles& profiles, const CsvRow& row,
              Observation& o) {
  const auto refuse = [&](std::string reason) { o.subject = Unmodelled{std::move(reason)}; };
  const std::string_view unit = row.text(at.unit), phase = row.text(at.phase),
                         workload = row.text(at.workload);
  const double value = row.positive(at.value);
  const auto stated = leading_count(row.text(at.batch));
  const auto batch = stated ? stated : stack.batch;
  if (unit == "ms") {
    o.measured = milliseconds(value);
  } else if (is_rate(unit) && batch) {
    o.measured = Seconds((unit == "it/s" ? 1.0 : static_cast<double>(*batch)) / value);
  }
  if (phase != "train" && phase != "infer") return refuse(fmt::format("phase '{}' is not modelled", phase));
  if (!batch) return refuse("the batch is not stated");
  if (!o.measured) return refuse(fmt::format("unit '{}' is not a time", unit));
  const std::string_view shape = row.text(at.shape);
  const bool image = shape.find('x') != std::string_view::npos || workload == "vision_transformer";
  const std::string_view precision = row.text(at.precision).substr(0, row.text(at.precision).find(" ("));
  auto subject = job(profiles, stack,
                     {.workload = row.text(at.model),
                      .mode = phase == "train" ? Mode::training : Mode::inference,
                      .precision = precision,
                      .batch = *batch,
                      .image_size = image ? leading_count(shape) : std::nullopt,
                      .sequence_length = image ? std::nullopt : leading_count(shape)});
  if (auto* run = std::get_if<JobCase>(&subject)) {
    if (workload == "cifar10_resnet50_train") {  // 3×3 stem at stride 1, no max-pool, ten classes
      run->workload.stem = Stem::cifar;
      run->workload.classes = 10;
    }
    if (workload == "transformer_forward") {  // TF32 off; BERT without its vocabulary projection
      run->precision = run->precision == Precision::fp32 ? Precision::fp32_strict : run->precision;
      if (run->workload.name.rfind("bert", 0) == 0) run->workload.task = Task::classification;
    }
  }
  set_subject(o, std::move(subject));
}

/// Prefill and decode in tokens per second, of one sequence or of all.
void read_language(const Columns& at, const StackProfile& stack, const Profiles& profiles, const CsvRow& row,
                   Observation& o) {
  const std::string_view unit = row.text(at.unit), phase = row.text(at.phase);
  const auto batch = leading_count(row.text(at.batch));
  const double rate = row.positive(at.value);
  if ((phase != "prefill" && phase != "decode") || unit.substr(0, 5) != "tok/s" || !batch) {
    o.subject = Unmodelled{fmt::format("phase '{}' in '{}' of batch '{}' is no rate of tokens", phase, unit,
                                       row.text(at.batch))};
    return;
  }
  set_subject(o, language_job({row.text(at.model), row.text(at.precision), row.text(at.shape),
                               phase == "decode", *batch, rate},
                              stack, profiles, o.measured));
}

bool is_language(std::string_view workload) {
  return workload == "llm_decode" || workload == "llm_llama_bench" || workload == "llm_exllama";
}

}  // namespace

RowReader read_seed_gpus(const CsvHeader& h, const Profiles& profiles) {
  return [&profiles, at = Columns(h), stacks = StackChooser(profiles, "seed_gpus", h)](const CsvRow& row,
                                                                                       Observation& o) {
    o.device = row.text(at.device);
    o.kind = row.text(at.workload);
    o.measured = std::nullopt;
    row.positive(at.value);
    if (o.kind == "gemm_fp32" || o.kind == "gemm_square" || o.kind == "gemm_peak") {
      read_gemm(at, row, o);
    } else if (is_language(o.kind)) {
      read_language(at, stacks.choose(row), profiles, row, o);
    } else {
      read_run(at, stacks.choose(row), profiles, row, o);
    }
  };
}

}  // namespace roofcast
