// NeuSight: whole transformers in FP32 on PyTorch 2.1, eager, and the same runs taken apart. Training is forward and
// backward into existing gradients, without an optimizer. Times in milliseconds.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>

#include "validate/layouts/cells.h"
#include "validate/layouts/readers.h"
#include "validate/layouts/tensor_op.h"

namespace roofcast {
namespace {

Mode mode_at(const CsvRow& row, std::size_t column) {
  if (row.text(column) == "inf") return Mode::inference;
  if (row.text(column) == "train") return Mode::training;
  row.fail(column, fmt::format("'{}' is neither inf nor train", row.text(column)));
}

struct RunColumns {
  explicit RunColumns(const CsvHeader& h)
      : device(h.at("device")),
        model(h.at("model")),
        mode(h.at("mode")),
        seq_len(h.at("seq_len")),
        batch(h.at("batch")) {}
  std::size_t device, model, mode, seq_len, batch;
};

/// BERT is a classifier in inference and pre-trains in training; GPT and OPT have their language model's head.
JobCase run(const Profiles& profiles, const RunColumns& at, const CsvRow& row) {
  const Mode mode = mode_at(row, at.mode);
  const RunShape shape{.workload = row.text(at.model),
                       .mode = mode,
                       .precision = "fp32_strict",
                       .batch = row.count(at.batch),
                       .sequence_length = row.count(at.seq_len)};
  JobCase result = std::get<JobCase>(job(profiles, {.precision = Precision::fp32_strict}, shape));
  if (row.text(at.model).substr(0, 4) == "bert") {
    result.workload.task = mode == Mode::training ? Task::pretraining : Task::classification;
    result.workload.logits_of_every_token = true;
  }
  result.optimizer = Optimizer::none;
  result.accumulates_gradients = mode == Mode::training;
  return result;
}

std::optional<OpClass> op_class(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, OpClass>, 5> kClasses{
      {{"linear", OpClass::linear},
       {"bmm", OpClass::bmm},
       {"pointwise", OpClass::pointwise},
       {"softmax", OpClass::softmax},
       {"ln", OpClass::layer_norm}}};
  for (const auto& [name, value] : kClasses) {
    if (name == text) return value;
  }
  return std::nullopt;
}

}  // namespace

RowReader read_neusight_end_to_end(const CsvHeader& h, const Profiles& profiles) {
  return [&profiles, at = RunColumns(h), time = h.at("latency_ms")](const CsvRow& row, Observation& o) {
    JobCase job = run(profiles, at, row);
    o.device = row.text(at.device);
    o.kind = name(job.workload.mode);
    o.measured = milliseconds_at(row, time);
    o.subject = std::move(job);
  };
}

RowReader read_neusight_per_layer(const CsvHeader& h, const Profiles& profiles) {
  return [&profiles, at = RunColumns(h), part = h.at("op_class"), time = h.at("latency_ms")](
             const CsvRow& row, Observation& o) {
    JobCase job = run(profiles, at, row);
    o.device = row.text(at.device);
    o.kind = row.text(part);
    o.measured = milliseconds_at(row, time);
    job.part = op_class(o.kind);
    if (job.part) {
      o.subject = std::move(job);
    } else {
      o.subject = Unmodelled{fmt::format("class '{}' mixes unlike ops", o.kind)};
    }
  };
}

RowReader read_neusight_e2e_ops(const CsvHeader& h, const Profiles&) {
  return [at = RunColumns(h), op = h.at("op"), batch = h.at("gemm_batch"), m = h.at("m"), n = h.at("n"),
          k = h.at("k"), rows = h.at("rows"), cols = h.at("cols"), forward = h.at("fw_ms"),
          backward = h.at("bw_ms"), accumulate = h.at("acc_ms")](const CsvRow& row, Observation& o) {
    const Mode mode = mode_at(row, at.mode);
    o.device = row.text(at.device);
    o.kind = row.text(op);
    double time = 0;
    for (const std::size_t part : {forward, backward, accumulate}) {
      const double value = row.number(part);
      if (value < 0) row.fail(part, "is negative");
      time += value;
    }
    if (time <= 0) row.fail(forward, "forward, backward and accumulation are all 0");
    o.measured = milliseconds(time);
    NodeCase node{.op = Pointwise{}, .backward = mode == Mode::training && row.number(backward) > 0};
    if (o.kind == "linear" || o.kind == "bmm") {
      Gemm gemm{row.count(batch), row.count(m), row.count(n), row.count(k)};
      if (o.kind == "linear") {
        gemm.b_transposed = gemm.bias = true;
        node.parameters = gemm.n * gemm.k + gemm.n;
      }
      node.op = gemm;
    } else if (const auto known = tensor_op(o.kind, row.count(rows), row.count(cols))) {
      node.op = *known;
      if (o.kind == "ln") node.parameters = 2 * row.count(cols);
    } else {
      const bool view = o.kind.rfind("misc:", 0) == 0;
      o.subject =
          Unmodelled{view                     ? "views and scalars: only the host's call"
                     : o.kind == "contiguous" ? "a copy, or none where the tensor is contiguous already"
                                              : fmt::format("op '{}' is not modelled", o.kind)};
      return;
    }
    o.subject = node;
  };
}

}  // namespace roofcast
