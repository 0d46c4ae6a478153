// The list of layouts and how a header finds its own.
// SPDX-License-Identifier: Apache-2.0
#include "validate/layout.h"

#include <fmt/format.h>

#include <algorithm>

#include "validate/layouts/readers.h"
#include "validate/traces/nvtx.h"

namespace roofcast {
namespace {

std::vector<std::string_view> missing_columns(const Layout& layout, const CsvHeader& header) {
  std::vector<std::string_view> missing;
  for (const std::string_view column : layout.columns) {
    if (!header.has(column)) missing.push_back(column);
  }
  return missing;
}

}  // namespace

std::span<const Layout> layouts() {
  static const std::vector<Layout> all{
      {"neusight/gemm", {"op", "device", "batch", "m", "n", "k", "latency_ms"}, read_neusight_gemm},
      {"neusight/conv",
       {"device", "batch", "in_channels", "out_channels", "kernel", "input_size", "stride", "padding",
        "latency_ms"},
       read_neusight_conv},
      {"neusight/tensor_ops", {"op", "device", "rows", "cols", "latency_ms"}, read_neusight_tensor_ops},
      {"neusight/end_to_end",
       {"device", "model", "mode", "seq_len", "batch", "latency_ms"},
       read_neusight_end_to_end},
      {"neusight/per_layer",
       {"device", "model", "mode", "seq_len", "batch", "op_class", "latency_ms"},
       read_neusight_per_layer},
      {"neusight/e2e_ops",
       {"device", "model", "mode", "seq_len", "batch", "node", "op", "gemm_batch", "m", "n", "k", "rows",
        "cols", "fw_ms", "bw_ms", "acc_ms"},
       read_neusight_e2e_ops},
      {"neusight/graphs", {"model", "mode", "phase", "op", "gemm_batch", "bytes", "count"}},
      {"lambda/training",
       {"device", "gpus", "workload", "precision", "per_gpu_batch", "global_batch", "seq_len", "image_size",
        "throughput", "throughput_unit", "steady_throughput"},
       read_lambda_training},
      {"nvidia_dle/training",
       {"device", "gpus", "model", "task", "framework", "precision", "per_gpu_batch", "grad_accum_steps",
        "seq_len", "image_size", "throughput", "ms_per_micro_batch"},
       read_nvidia_dle_training},
      {"nvidia_dle/inference",
       {"device", "gpus", "model", "task", "framework", "precision", "batch", "seq_len", "image_size",
        "throughput", "latency_ms"},
       read_nvidia_dle_inference},
      {"deepbench/gemm",
       {"device", "precision", "m", "n", "k", "a_trans", "b_trans", "time_ms"},
       read_deepbench_gemm},
      {"deepbench/conv",
       {"device", "precision", "pass", "n", "c", "h", "w", "k", "r", "s", "pad_h", "pad_w", "stride_h",
        "stride_w", "time_ms"},
       read_deepbench_conv},
      {"deepbench/rnn",
       {"device", "precision", "cell", "pass", "hidden", "batch", "timesteps", "time_ms"},
       read_deepbench_rnn},
      {"deepbench/allreduce", {"device", "gpus", "elements", "bytes", "time_ms"}, read_deepbench_allreduce},
      {"deepbench/sparse_gemm",
       {"device", "m", "n", "k", "sparsity", "sparse_time_ms"},
       read_deepbench_sparse_gemm},
      {"seed_gpus",
       {"device", "workload", "model", "phase", "precision", "batch", "seq_len_or_resolution", "value",
        "unit"},
       read_seed_gpus},
      {"timm", {"device", "phase", "precision", "model", "image_size", "batch", "step_ms"}, read_timm},
      {"published",
       {"device", "workload", "task", "mode", "precision", "batch", "image_size", "seq_len", "stack", "value",
        "unit", "source"},
       read_published},
      {"harness/board",
       {"device", "section", "case", "numerics", "provider", "load", "step", "value", "unit", "state"},
       read_harness},
      {"nsight/systems",
       {"Duration (ns)", "GrdX", "GrdY", "GrdZ", "BlkX", "BlkY", "BlkZ", "Device", "Name"},
       read_nsight_systems},
      {"nsight/compute",
       {"Kernel Name", "Block Size", "Grid Size", "Device", "Metric Name", "Metric Unit", "Metric Value"},
       read_nsight_compute},
      {kNvtxLayout,
       {"NVTX Range", "NVTX Inst", "Kern Inst", "Total Time (ns)", "Kernel Name"}},  // see nvtx_rows
      {"hardware/gpus", {"slug", "architecture", "sm_count", "boost_clock_mhz"}},
      {"hardware/throughput",
       {"family", "path", "input_type", "accumulate_type", "dense_ops_per_clk_per_sm"}},
      {"hardware/published_peaks", {"slug", "path", "input_type", "accumulate_type", "published_dense"}},
      {"hardware/measured",
       {"gpu", "quantity", "value", "unit", "conditions", "source"},
       read_hardware_measured},
      {"hardware/aliases", {"alias", "slug"}},
  };
  return all;
}

const Layout* recognise(const CsvHeader& header) {
  const Layout* best = nullptr;
  for (const Layout& layout : layouts()) {
    if (missing_columns(layout, header).empty() &&
        (best == nullptr || layout.columns.size() > best->columns.size()))
      best = &layout;
  }
  return best;
}

std::string nearest_layout(const CsvHeader& header) {
  const auto share = [&](const Layout& layout) {
    return static_cast<double>(missing_columns(layout, header).size()) /
           static_cast<double>(layout.columns.size());
  };
  const auto all = layouts();
  const Layout& nearest = *std::min_element(
      all.begin(), all.end(), [&](const Layout& a, const Layout& b) { return share(a) < share(b); });
  const auto missing = missing_columns(nearest, header);
  if (2 * missing.size() > nearest.columns.size()) return "its columns are none of a known layout";
  return fmt::format("the nearest layout is {}, which also needs the column{} {}", nearest.name,
                     missing.size() > 1 ? "s" : "", fmt::join(missing, ", "));
}

}  // namespace roofcast
