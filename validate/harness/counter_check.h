// Whether the model counts as the hardware does: operations and DRAM bytes of the rows that carry counters.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/gpu/gpu.h"
#include "model/kernels/calibration.h"
#include "validate/harness/record.h"

namespace roofcast::harness {

/// Medians of counted over modelled, each absent where no row has the counter.
struct CounterCheck {
  std::size_t rows = 0;
  std::optional<double> flops;  // of FP32 kernels on CUDA cores: what the counters see
  std::optional<double> dram_bytes;
};

/// By kind, "gemm/fp32". Rows of the harness's own convolution are left out: they say nothing of cuDNN's algorithms.
/// Throws std::invalid_argument on a case that is no op, std::domain_error on one the board cannot run.
std::map<std::string, CounterCheck> check_counters(const std::vector<Record>& records, const Gpu& gpu,
                                                   const Calibration& calibration);

}  // namespace roofcast::harness
