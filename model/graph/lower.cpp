// From a graph to kernels: what forward, backward and update share.
// SPDX-License-Identifier: Apache-2.0
#include "model/graph/lower.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "model/gpu/generation.h"
#include "model/gpu/throughput.h"
#include "model/graph/lowering.h"
#include "model/kernels/launch.h"

namespace roofcast {

bool has_weights(const Node& node) {
  if (node.view) return false;
  return node.parameters > 0 || std::holds_alternative<Embedding>(node.op) ||
         (is_product(node.op) && !multiplies_activations(node));
}

std::int64_t weight_elements(const Node& node) {
  if (const auto* gemm = std::get_if<Gemm>(&node.op)) return gemm->batch * gemm->n * gemm->k;
  if (const auto* conv = std::get_if<Conv2d>(&node.op))
    return conv->k * (conv->c / conv->groups) * conv->r * conv->s;
  return 0;
}

std::optional<WeightFormat> weight_format(const Node& node, const Execution& execution) {
  if (!node.place) return std::nullopt;
  if (execution.weights) return format_of(*execution.weights, *node.place);
  const bool halves = execution.precision == Precision::fp16 || execution.precision == Precision::bf16;
  const bool ggml = execution.stack.dispatcher == Dispatcher::native && !execution.sparse;
  return halves && ggml ? std::optional(WeightFormat::f16) : std::nullopt;
}

std::int64_t parameter_tensors(const Node& node) {
  if (node.parameters == 0) return 0;
  const bool norm = std::holds_alternative<BatchNorm>(node.op) ||
                    (std::holds_alternative<Rowwise>(node.op) &&
                     std::get<Rowwise>(node.op).kind == Rowwise::Kind::layer_norm);
  const auto* gemm = std::get_if<Gemm>(&node.op);
  return norm || (gemm != nullptr && gemm->bias) ? 2 : 1;
}

std::vector<bool> gradient_flow(const Graph& graph) {
  const auto users = consumers(graph);
  std::vector<bool> learns(graph.nodes.size());
  bool has_loss = false;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (node.view) continue;
    const auto* row = std::get_if<Rowwise>(&node.op);
    has_loss = has_loss || (row != nullptr && row->kind == Rowwise::Kind::cross_entropy);
    learns[i] = has_weights(node);
    if (node.inputs.empty()) learns[i] = learns[i] || node.needs_input_gradient;
    for (const int input : node.inputs) {
      const int source = behind_views(graph, input);
      if (source >= 0 && node.needs_input_gradient && learns[static_cast<std::size_t>(source)])
        learns[i] = true;
    }
  }
  if (!has_loss) return learns;
  std::vector<bool> leads_to_loss(graph.nodes.size());
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {
    const auto* row = std::get_if<Rowwise>(&graph.nodes[i].op);
    leads_to_loss[i] = !graph.nodes[i].view && row != nullptr && row->kind == Rowwise::Kind::cross_entropy;
    for (const int user : users[i])
      leads_to_loss[i] = leads_to_loss[i] || leads_to_loss[static_cast<std::size_t>(user)];
    learns[i] = learns[i] && leads_to_loss[i];
  }
  return learns;
}

bool has_sparse_path(const Numerics& numerics, const Gpu& gpu) {
  const Rate* rate = find_rate(gpu, numerics.path, numerics.math, numerics.accumulate);
  return rate != nullptr && numerics.path == Path::tensor_core && rate->sparse_multiplier > 1;
}

Lowering::Lowering(Graph graph, const Gpu& gpu, const Execution& execution)
    : graph_(std::move(graph)),
      gpu_(gpu),
      execution_(execution),
      storage_(graph_, execution),
      users_(consumers(graph_)),
      fusion_(fuse(graph_, execution)),
      flows_(gradient_flow(graph_)) {
  const auto year = introduced(generation(gpu));
  early_ = year && *year >= execution.stack.libraries;
  const NumberFormat read = storage_.casts_weights() ? storage_.low() : storage_.weights();
  cold_ = storage_size(read) * static_cast<double>(graph_.parameters()) > gpu.l2;
}

std::vector<int> Lowering::sources(const Node& node) const {
  if (node.inputs.empty()) return {-1};
  std::vector<int> found;
  for (const int input : node.inputs) found.push_back(behind_views(graph_, input));
  return found;
}

bool Lowering::input_learns(const Node& node, int input) const {
  if (node.inputs.empty()) return node.needs_input_gradient;
  return node.needs_input_gradient && learns(sources(node).at(static_cast<std::size_t>(input)));
}

// Depthwise convolutions have nothing for a tensor core to share: frameworks run them on CUDA cores. Under FP8 only
// layers with weights are in FP8, as Transformer Engine does.
Numerics Lowering::product(const Node& node) {
  std::string remark;
  const auto* conv = std::get_if<Conv2d>(&node.op);
  const bool quantised = execution_.precision == Precision::fp8 || execution_.precision == Precision::int8;
  const Precision precision = !quantised || !multiplies_activations(node) ? execution_.precision
                              : execution_.precision == Precision::fp8    ? Precision::amp_bf16
                                                                          : Precision::fp16;
  Numerics numerics = resolve_product(precision, conv != nullptr, gpu_, &remark);
  if (conv != nullptr && conv->groups > 1 && conv->groups == conv->c && !is_integer(numerics.math)) {
    numerics.math = numerics.accumulate = NumberFormat::fp32;
    numerics.path = Path::cuda_core;
  }
  numerics.sparse = execution_.sparse && has_weights(node) && has_sparse_path(numerics, gpu_);
  auto& remarks = out_.remarks;
  if (!remark.empty() && std::find(remarks.begin(), remarks.end(), remark) == remarks.end())
    remarks.push_back(remark);
  return numerics;
}

void Lowering::emit(std::string name, Op op, const Numerics& numerics, Phase phase) {
  const bool image = std::holds_alternative<Conv2d>(op) || std::holds_alternative<BatchNorm>(op) ||
                     std::holds_alternative<Pool>(op);
  if (recomputing_) {
    name += ".recompute";
    phase = Phase::backward;
  }
  out_.kernels.push_back({std::move(name),
                          op,
                          numerics,
                          image && execution_.stack.channels_last,
                          phase,
                          repeats_,
                          execution_.stack.code,
                          early_,
                          execution_.stack.libraries,
                          {},
                          replays_graph(execution_.stack, gpu_),
                          in_call_});
}

// The last kernel reads weights: cold ones, unless a cast has just written them.
void Lowering::read_weights(Phase phase) {
  const bool written = phase == Phase::forward && storage_.casts_weights();
  out_.kernels.back().cold_weights = cold_ && !written;
}

// One kernel that reads one width and writes another, in units of the wider.
void Lowering::cast(const std::string& name, std::int64_t elements, NumberFormat from, NumberFormat to,
                    Phase phase) {
  const double in = storage_size(from).value;
  const double out = storage_size(to).value;
  const double wide = std::max(in, out);
  emit(name, Copy{elements, in / wide, out / wide, false}, streaming(in >= out ? from : to), phase);
}

// Half-precision convolutions of NVIDIA's library read NHWC: operands in NCHW are transposed before them. Forward results
// are written as NCHW by the kernel itself ("..._nhwc2nchw_..."); the gradient towards the input is transposed back. Its TF32 kernels take NCHW as it is
// ("..._tf32f32_f32_nhwckrsc_nchw_...").
void Lowering::convolution(const std::string& name, const Conv2d& conv, const Numerics& numerics,
                           Phase phase) {
  const std::int64_t image = conv.n * conv.c * conv.h * conv.w;
  const std::int64_t output = conv.n * conv.k * conv.out_h() * conv.out_w();
  const bool transposes = numerics.path == Path::tensor_core && numerics.storage != NumberFormat::fp32 &&
                          !execution_.stack.channels_last && gpu_.vendor != "AMD";
  const auto transpose = [&](const char* what, std::int64_t elements) {
    if (transposes) emit(name + what, Copy{elements, 1, 1, true}, streaming(numerics.storage), phase);
  };
  if (conv.pass != Pass::backward_data) transpose(".input_to_nhwc", image);
  if (conv.pass != Pass::forward) transpose(".gradient_to_nhwc", output);
  emit(name, conv, numerics, phase);
  if (conv.pass != Pass::backward_filter) read_weights(phase);
  if (conv.pass == Pass::backward_data) transpose(".to_nchw", image);
}

Lowered lower(const Graph& graph, const Gpu& gpu, const Execution& execution) {
  const bool training = execution.mode == Mode::training;
  if (training && execution.precision == Precision::int8) {
    throw std::domain_error(
        "int8 is for inference only: train in fp32, amp_fp16 or amp_bf16, or ask for inference");
  }
  if (training && execution.weights)
    throw std::domain_error("quantised weights are for inference only: training needs weights it can change");
  if (execution.precision == Precision::fp8 || execution.precision == Precision::int8) {
    resolve_product(execution.precision, false, gpu, nullptr);  // refuses boards without it
  }
  Execution run = execution;
  run.stack.channels_last = run.stack.channels_last || graph.channels_last;
  Lowering work(rewrite(graph, run), gpu, run);
  work.input(graph.input_elements, graph.batch);
  if (execution.stack.samples_on_host) work.logits(graph.logits);
  work.remark(graph.remarks);
  work.forward();
  if (training) {
    work.backward();
    work.update();
  }
  return work.take();
}

}  // namespace roofcast
