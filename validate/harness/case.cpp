// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/case.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include "validate/harness/op_text.h"
#include "validate/profiles.h"

namespace roofcast::harness {
namespace {

constexpr std::array<std::string_view, 23> kMicroNames{
    "read",          "copy",           "triad",         "chase",         "h2d_pinned",     "h2d_pageable",
    "d2h_pinned",    "d2h_pageable",   "fma_fp32",      "fma_fp64",      "fma_fp16x2",     "dp4a",
    "mma_fp16_fp16", "mma_fp16_fp32",  "mma_bf16_fp32", "mma_tf32_fp32", "mma_int8_int32", "mma_fp8_fp32",
    "launch_empty",  "launch_latency", "launch_rate",   "launch_queued", "launch_graph"};

bool is_chain(Micro m) { return m >= Micro::fma_fp32 && m <= Micro::mma_fp8_fp32; }
bool is_integer_chain(Micro m) { return m == Micro::dp4a || m == Micro::mma_int8_int32; }
bool is_launch(Micro m) { return m >= Micro::launch_empty; }

}  // namespace

std::string_view name(Section section) {
  constexpr std::array<std::string_view, 7> names{"memory", "compute", "gemm",  "conv",
                                                  "ops",    "launch",  "replay"};
  return names[static_cast<std::size_t>(section)];
}
std::string_view name(Micro micro) { return kMicroNames[static_cast<std::size_t>(micro)]; }
std::string_view name(Load load) { return load == Load::burst ? "burst" : "sustained"; }

const std::vector<Micro>& all_micros() {
  static const std::vector<Micro> all = [] {
    std::vector<Micro> list;
    for (std::size_t i = 0; i < kMicroNames.size(); ++i) list.push_back(static_cast<Micro>(i));
    return list;
  }();
  return all;
}

std::string step_text(const WorkloadRequest& w, Precision precision) {
  std::string text = fmt::format("step:workload={},mode={},precision={},batch={}", w.name, name(w.mode),
                                 name(precision), w.batch);
  if (w.sequence_length) text += fmt::format(",seq={}", *w.sequence_length);
  if (w.image_size) text += fmt::format(",image={}", *w.image_size);
  if (w.context) text += fmt::format(",context={}", *w.context);
  if (w.task) text += fmt::format(",task={}", name(*w.task));
  return text;
}

std::pair<WorkloadRequest, Precision> parse_step_text(std::string_view text) {
  if (text.substr(0, 5) != "step:") throw std::invalid_argument("expected step:workload=...");
  text.remove_prefix(5);
  WorkloadRequest w;
  std::optional<Precision> precision;
  const auto fail = [](std::string_view part) {
    throw std::invalid_argument(fmt::format("'{}' is no field of a step", part));
  };
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const std::string_view key = part.substr(0, part.find('='));
    const std::string_view value = key.size() < part.size() ? part.substr(key.size() + 1) : "";
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), count);
    const bool whole = !value.empty() && error == std::errc() && end == value.data() + value.size();
    if (key == "workload" && !value.empty()) {
      w.name = value;
    } else if (key == "mode" && (value == "training" || value == "inference")) {
      w.mode = value == "training" ? Mode::training : Mode::inference;
    } else if (key == "precision" && parse_precision(value)) {
      precision = parse_precision(value);
    } else if (key == "task" && task_of(value)) {
      w.task = task_of(value);
    } else if (key == "batch" && whole) {
      w.batch = count;
    } else if (key == "seq" && whole) {
      w.sequence_length = count;
    } else if (key == "image" && whole) {
      w.image_size = count;
    } else if (key == "context" && whole) {
      w.context = count;
    } else {
      fail(part);
    }
  }
  if (w.name.empty() || !precision) throw std::invalid_argument("a step needs workload= and precision=");
  return {w, *precision};
}

std::string Case::text() const {
  if (const auto* micro = std::get_if<MicroCase>(&subject)) {
    const std::string_view unit = is_launch(micro->micro)  ? "launches"
                                  : is_chain(micro->micro) ? "steps"
                                                           : "bytes";
    return fmt::format("{}:{}={}", name(micro->micro), unit, micro->size);
  }
  if (const auto* op = std::get_if<OpCase>(&subject)) return op_text(op->op, op->channels_last);
  const auto& step = std::get<StepCase>(subject);
  return step_text(step.workload, step.precision);
}

std::string Case::numerics() const {
  const auto* op = std::get_if<OpCase>(&subject);
  return op == nullptr ? "" : numerics_text(op->numerics);
}

ChainShape chain_shape(Micro micro) {
  // mma.sync shapes: m16n8k16 of 16-bit types, m16n8k8 of TF32, m16n8k32 of 8-bit types.
  switch (micro) {
    case Micro::fma_fp64: return {256, 4, 4, 2, false};
    case Micro::fma_fp16x2: return {256, 8, 8, 4, false};
    case Micro::dp4a: return {256, 8, 8, 8, false};
    case Micro::mma_tf32_fp32: return {256, 2, 4, 2.0 * 16 * 8 * 8, true};
    case Micro::mma_int8_int32:
    case Micro::mma_fp8_fp32: return {256, 2, 4, 2.0 * 16 * 8 * 32, true};
    case Micro::mma_fp16_fp16:
    case Micro::mma_fp16_fp32:
    case Micro::mma_bf16_fp32: return {256, 2, 4, 2.0 * 16 * 8 * 16, true};
    default: return {256, 8, 8, 2, false};
  }
}

Figure quantity(const MicroCase& m, Seconds median, int sm_count) {
  const auto size = static_cast<double>(m.size);
  if (m.micro == Micro::chase) return {median.value / static_cast<double>(kChaseLoads) * 1e9, "ns"};
  if (is_launch(m.micro)) return {in_microseconds(median) / size, "us"};
  if (!is_chain(m.micro)) return {size / median.value * 1e-9, "GB/s"};
  const ChainShape s = chain_shape(m.micro);
  const double workers = static_cast<double>(sm_count) * s.blocks_per_sm * s.threads / (s.per_warp ? 32 : 1);
  const double ops = workers * s.chains * size * s.ops_per_step;
  return {ops / median.value * 1e-12, is_integer_chain(m.micro) ? "TOP/s" : "TFLOP/s"};
}

}  // namespace roofcast::harness
