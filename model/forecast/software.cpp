// SPDX-License-Identifier: Apache-2.0
#include "model/forecast/software.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "model/gpu/throughput.h"
#include "model/graph/checkpoint.h"
#include "model/graph/lowering.h"

namespace roofcast {
namespace {

constexpr std::array<std::string_view, 10> kNames{
    "--amp",           "--compile", "--cuda-graphs", "--channels-last", "--flash-attention",
    "--checkpointing", "--sparse",  "--workers",     "--pin-memory",    "--persistent-workers"};

/// 6.1 of an NVIDIA board; nothing for others.
std::optional<double> capability(const Gpu& gpu) {
  if (gpu.vendor != "NVIDIA") return std::nullopt;
  double value = 0;
  const std::string& text = gpu.compute_capability;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

bool below(const Gpu& gpu, double needed) { return capability(gpu).value_or(needed) < needed; }

std::string has(const Gpu& gpu) { return gpu.name + " has " + gpu.compute_capability; }

/// FlashAttention multiplies FP16 or BF16 alone (Dao et al. 2022); FP8 layers leave attention in BF16.
bool half_products(Precision precision) {
  return precision == Precision::amp_fp16 || precision == Precision::amp_bf16 ||
         precision == Precision::fp16 || precision == Precision::bf16 || precision == Precision::fp8;
}

bool bf16(Precision precision) {
  return precision == Precision::amp_bf16 || precision == Precision::bf16 || precision == Precision::fp8;
}

// Source: README of Dao-AILab/flash-attention: version 2 takes Ampere, Ada and Hopper, version 1 Turing as well, in FP16;
// BF16 needs Ampere.
std::optional<std::string> flash_refusal(const Gpu& gpu, Precision precision) {
  constexpr std::string_view way_out = "; --stack eager+flash has kernels of the same shape for any board";
  if (below(gpu, 7.5)) {
    return fmt::format("FlashAttention needs compute capability 7.5 (version 2: 8.0), {}{}", has(gpu),
                       way_out);
  }
  if (!half_products(precision)) {
    return fmt::format("FlashAttention takes FP16 or BF16, not {}: add --amp or --precision{}",
                       name(precision), way_out);
  }
  if (below(gpu, 8.0) && bf16(precision))
    return fmt::format("FlashAttention in BF16 needs compute capability 8.0, {}: use FP16", has(gpu));
  return std::nullopt;
}

std::optional<std::string> sparse_refusal(const Gpu& gpu, const Execution& execution) {
  if (execution.mode == Mode::training)
    return "2:4 sparsity is modelled for inference: training multiplies dense gradients, add --phase infer";
  Numerics numerics;
  try {
    numerics = resolve_product(execution.precision, false, gpu, nullptr);
  } catch (const std::domain_error& e) {
    return e.what();
  }
  if (has_sparse_path(numerics, gpu)) return std::nullopt;
  for (const Rate& rate : gpu.rates) {
    if (rate.sparse_multiplier > 1)
      return fmt::format(
          "2:4 sparsity needs products on tensor cores, {} runs them on {}: add --amp or --precision",
          name(execution.precision), numerics.path == Path::tensor_core ? "dense ones alone" : "CUDA cores");
  }
  return fmt::format("2:4 sparsity needs tensor cores of compute capability 8.0, {}", has(gpu));
}

template <class Test>
bool any(const Graph& graph, Test test) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(),
                     [&](const Node& n) { return !n.view && test(n); });
}

}  // namespace

std::string_view name(SoftwareOption option) { return kNames[static_cast<std::size_t>(option)]; }

Execution with(SoftwareOption option, const Execution& asked, Execution e) {
  const auto loader = [&]() -> Loader& {
    if (!e.loader) e.loader = Loader{.decode = asked.loader->decode, .start = asked.loader->start};
    return *e.loader;
  };
  switch (option) {
    case SoftwareOption::amp: e.precision = asked.precision; break;
    case SoftwareOption::compile:
      e.stack.fuses_pointwise = true;
      if (e.stack.dispatcher == Dispatcher::interpreter) e.stack.dispatcher = Dispatcher::executor;
      break;
    case SoftwareOption::cuda_graphs: e.stack.dispatcher = Dispatcher::recorded; break;
    case SoftwareOption::channels_last: e.stack.channels_last = true; break;
    case SoftwareOption::flash_attention: e.stack.fused_attention = true; break;
    case SoftwareOption::checkpointing: e.checkpointing = asked.checkpointing; break;
    case SoftwareOption::sparse: e.sparse = true; break;
    case SoftwareOption::workers: loader().workers = asked.loader->workers; break;
    case SoftwareOption::pin_memory: loader().pinned = true; break;
    case SoftwareOption::persistent_workers: loader().persistent = true; break;
  }
  return e;
}

std::optional<std::string> refusal(SoftwareOption option, const Gpu& gpu, const Execution& e) {
  switch (option) {
    case SoftwareOption::compile:
      // Source: Triton's README and PyTorch's torch.utils._triton.has_triton: CUDA devices of capability 7.0 and later.
      if (below(gpu, 7.0))
        return fmt::format("torch.compile needs compute capability 7.0 (its backend is Triton), {}",
                           has(gpu));
      break;
    case SoftwareOption::cuda_graphs:
      // Source: CUDA C++ Programming Guide, "CUDA Graphs": a capture cannot synchronise with the host.
      if (e.stack.reads_back && e.mode == Mode::training)
        return fmt::format(
            "CUDA graphs cannot record stack {}: its training loop reads results back to the host",
            e.stack.name);
      break;
    case SoftwareOption::flash_attention: return flash_refusal(gpu, e.precision);
    case SoftwareOption::checkpointing:
      if (e.mode == Mode::inference)
        return "--checkpointing applies to training: inference keeps nothing for backward";
      break;
    case SoftwareOption::sparse: return sparse_refusal(gpu, e);
    default: break;
  }
  return std::nullopt;
}

std::optional<std::string> idle(SoftwareOption option, const Graph& graph, const Execution& e) {
  switch (option) {
    case SoftwareOption::channels_last:
      if (!any(graph, [](const Node& n) { return std::holds_alternative<Conv2d>(n.op); }))
        return "no convolution whose layout could change";
      break;
    case SoftwareOption::flash_attention:
      if (!any(graph, [](const Node& n) { return multiplies_activations(n); })) return "no attention to fuse";
      break;
    case SoftwareOption::checkpointing:
      if (checkpointed(graph, e).empty()) return "no blocks to run again";
      break;
    case SoftwareOption::persistent_workers:
      if (!e.loader || e.loader->workers == 0) return "no workers to keep: add --workers";
      break;
    default: break;
  }
  return std::nullopt;
}

}  // namespace roofcast
