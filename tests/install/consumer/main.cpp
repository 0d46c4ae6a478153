// A program outside the project: finds a board in the base and derives its peak.
// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdio>

#include "hwdb/hwdb.h"
#include "model/gpu/throughput.h"

int main() {
  using namespace roofcast;
  const Gpu gpu = Hwdb::embedded().resolve("quadro-p4000").gpu;
  const auto fp32 = peak(gpu, Path::cuda_core, NumberFormat::fp32, NumberFormat::fp32);
  if (!fp32) return 1;
  std::printf("%s: %.2f TFLOP/s\n", gpu.name.c_str(), in_teraflops(fp32->value()));
  return std::abs(in_teraflops(fp32->value()) - 5.304) < 0.01 ? 0 : 1;
}
