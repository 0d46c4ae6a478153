// The summary of boards: dense and sparse apart, tensor cores with FP32 accumulation as frameworks use them.
// SPDX-License-Identifier: Apache-2.0
#include "cli/gpu_summary.h"

#include <fmt/format.h>

#include "cli/format.h"
#include "cli/gpu_json.h"
#include "model/gpu/throughput.h"

namespace roofcast::cli {
namespace {

using enum NumberFormat;

std::optional<double> tera(const Gpu& gpu, Path path, NumberFormat input, NumberFormat accumulate,
                           Sparsity sparsity) {
  const auto found = peak(gpu, path, input, accumulate, sparsity);
  return found ? std::optional(in_teraflops(found->value())) : std::nullopt;
}

template <NumberFormat Input, NumberFormat Accumulate, Sparsity Sparse = Sparsity::dense>
std::optional<double> tensor(const Gpu& gpu) {
  return tera(gpu, Path::tensor_core, Input, Accumulate, Sparse);
}

template <NumberFormat Input, NumberFormat Accumulate>
std::optional<double> cuda(const Gpu& gpu) {
  return tera(gpu, Path::cuda_core, Input, Accumulate, Sparsity::dense);
}

std::optional<double> int8_dense(const Gpu& gpu) {
  const auto on_tensor_cores = tensor<int8, int32>(gpu);
  return on_tensor_cores ? on_tensor_cores : cuda<int8, int32>(gpu);
}

constexpr auto kSparse = Sparsity::structured_2_4;
constexpr SummaryFigure kFigures[] = {
    {"FP32, TFLOP/s", "fp32_tflops", cuda<fp32, fp32>},
    {"FP16 on CUDA cores, TFLOP/s", "fp16_cuda_tflops", cuda<fp16, fp16>},
    {"FP16 tensor dense, TFLOP/s", "fp16_tensor_dense_tflops", tensor<fp16, fp32>},
    {"FP16 tensor sparse, TFLOP/s", "fp16_tensor_sparse_tflops", tensor<fp16, fp32, kSparse>},
    {"TF32 tensor dense, TFLOP/s", "tf32_tensor_dense_tflops", tensor<tf32, fp32>},
    {"TF32 tensor sparse, TFLOP/s", "tf32_tensor_sparse_tflops", tensor<tf32, fp32, kSparse>},
    {"FP8 tensor dense, TFLOP/s", "fp8_tensor_dense_tflops", tensor<fp8, fp32>},
    {"FP8 tensor sparse, TFLOP/s", "fp8_tensor_sparse_tflops", tensor<fp8, fp32, kSparse>},
    {"INT8 dense, TOP/s", "int8_dense_tops", int8_dense},
    {"INT8 sparse, TOP/s", "int8_sparse_tops", tensor<int8, int32, kSparse>},
    {"VRAM, GiB", "memory_gib", [](const Gpu& g) { return std::optional(in_gibibytes(g.memory)); }, true},
    {"Bandwidth, GB/s", "memory_bandwidth_gbps",
     [](const Gpu& g) { return std::optional(in_gigabytes_per_second(g.memory_bandwidth)); }, true},
    {"TDP, W", "tdp_w", [](const Gpu& g) { return std::optional(g.tdp.value); }, true},
    {"Launch price, $", "launch_price_usd",
     [](const Gpu& g) { return g.launch_price ? std::optional(g.launch_price->value) : std::nullopt; }, true},
    {"FP32 TFLOPS/$", "fp32_tflops_per_usd",
     [](const Gpu& g) {
       const auto flops = cuda<fp32, fp32>(g);
       return flops && g.launch_price ? std::optional(*flops / g.launch_price->value) : std::nullopt;
     }},
    {"INT8 dense TOPS/W", "int8_dense_tops_per_w",
     [](const Gpu& g) {
       const auto ops = int8_dense(g);
       return ops ? std::optional(*ops / g.tdp.value) : std::nullopt;
     }},
};

}  // namespace

std::span<const SummaryFigure> summary_figures() { return kFigures; }

std::string peak_text(double tera) { return tera >= 99.95 ? fmt::format("{:.0f}", tera) : significant(tera); }

std::string_view int8_path(const Gpu& gpu) {
  if (find_rate(gpu, Path::tensor_core, int8, int32) != nullptr) return "tensor";
  return find_rate(gpu, Path::cuda_core, int8, int32) != nullptr ? "DP4A" : "-";
}

Table summary_by_figure(const std::vector<Gpu>& gpus) {
  Table table{{{"", false}}, {}};
  for (const Gpu& gpu : gpus) table.columns.push_back({gpu.slug});
  for (const SummaryFigure& figure : kFigures) {
    std::vector<std::string> row{std::string(figure.title)};
    for (const Gpu& gpu : gpus) {
      const auto value = figure.value(gpu);
      row.push_back(!value ? "-" : figure.exact ? plain(*value) : peak_text(*value));
    }
    table.rows.push_back(std::move(row));
    if (figure.value != int8_dense) continue;
    row = {"INT8 runs on"};
    for (const Gpu& gpu : gpus) row.emplace_back(int8_path(gpu));
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table summary_by_board(const std::vector<Gpu>& gpus) {
  Table table{{{"gpu", false},
               {"name", false},
               {"vendor", false},
               {"architecture", false},
               {"chip", false},
               {"year"},
               {"sm_count"},
               {"int8_path", false}},
              {}};
  for (const SummaryFigure& figure : kFigures) table.columns.push_back({std::string(figure.key)});
  for (const Gpu& gpu : gpus) {
    const std::string_view path = int8_path(gpu);
    std::vector<std::string> row{gpu.slug,
                                 gpu.name,
                                 gpu.vendor,
                                 gpu.architecture,
                                 gpu.chip,
                                 std::to_string(gpu.year),
                                 std::to_string(gpu.sm_count),
                                 path == "-" ? "" : std::string(path)};
    for (const SummaryFigure& figure : kFigures) {
      const auto value = figure.value(gpu);
      row.push_back(value ? plain(*value) : "");
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace roofcast::cli
