// Random GPUs and kernels for the property suite, from a fixed seed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <random>
#include <string>

#include "model/gpu/gpu.h"
#include "model/kernels/kernel.h"

namespace roofcast::testing {

class RandomMachine {
 public:
  explicit RandomMachine(unsigned seed) : engine_(seed) {}

  double uniform(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(engine_);
  }
  std::int64_t log_integer(double low, double high) {
    return static_cast<std::int64_t>(std::llround(std::exp(uniform(std::log(low), std::log(high)))));
  }
  template <class T, std::size_t N>
  const T& pick(const T (&items)[N]) {
    return items[std::uniform_int_distribution<std::size_t>(0, N - 1)(engine_)];
  }

  Gpu gpu() {
    static const std::string ccs[] = {"5.2", "6.0", "6.1", "7.0",  "7.5",   "8.0",
                                      "8.6", "8.9", "9.0", "12.0", "gfx90a"};
    static const std::string memories[] = {"GDDR5", "GDDR6", "GDDR6X", "HBM2", "HBM3", "LPDDR5"};
    static const double nodes[] = {28, 16, 12, 8, 7, 5};
    Gpu g;
    g.slug = g.name = "random";
    g.compute_capability = pick(ccs);
    g.process_nm = pick(nodes);
    g.sm_count = static_cast<int>(log_integer(2, 200));
    g.fp32_lanes_per_sm = uniform(0, 1) < 0.5 ? 64 : 128;
    g.boost_clock = megahertz(uniform(500, 2800));
    g.base_clock = g.boost_clock * uniform(0.4, 1.0);
    g.memory = gibibytes(16);
    g.memory_type = pick(memories);
    g.memory_bus_bits = static_cast<int>(log_integer(32, 8192));
    g.memory_bandwidth = gigabytes_per_second(std::exp(uniform(std::log(30), std::log(5000))));
    g.l2 = mebibytes(std::exp(uniform(std::log(0.5), std::log(100))));
    g.shared_memory_per_sm = kibibytes(100);
    g.registers_per_sm = kibibytes(256);
    g.max_threads_per_sm = 1536;
    g.max_blocks_per_sm = 16;
    g.tdp = Watts(uniform(7, 700));
    g.rates = {
        {Path::cuda_core, NumberFormat::fp32, NumberFormat::fp32, 2.0 * g.fp32_lanes_per_sm, 1, "", ""},
        {Path::tensor_core, NumberFormat::fp16, NumberFormat::fp32, 1024, 1, "", ""}};
    return g;
  }

  Kernel kernel() {
    Kernel k;
    const double which = uniform(0, 6);
    if (which < 2) {
      k.op = Gemm{.batch = uniform(0, 1) < 0.5 ? 1 : log_integer(1, 500),
                  .m = log_integer(1, 9000),
                  .n = log_integer(1, 9000),
                  .k = log_integer(1, 9000),
                  .b_transposed = uniform(0, 1) < 0.5,
                  .bias = uniform(0, 1) < 0.5};
    } else if (which < 3) {
      const std::int64_t filter = uniform(0, 1) < 0.5 ? 3 : 1;
      static const Pass passes[] = {Pass::forward, Pass::backward_data, Pass::backward_filter};
      k.op = Conv2d{.n = log_integer(1, 128),
                    .c = log_integer(1, 1024),
                    .h = log_integer(4, 230),
                    .w = log_integer(4, 230),
                    .k = log_integer(1, 1024),
                    .r = filter,
                    .s = filter,
                    .pad_h = filter / 2,
                    .pad_w = filter / 2,
                    .pass = pick(passes)};
    } else if (which < 4) {
      k.op = Pointwise{.elements = log_integer(1, 1e9), .reads = uniform(0, 1) < 0.5 ? 1.0 : 2.0};
    } else if (which < 5) {
      k.op = Rowwise{.kind = uniform(0, 1) < 0.5 ? Rowwise::Kind::softmax : Rowwise::Kind::layer_norm,
                     .rows = log_integer(1, 1e5),
                     .cols = log_integer(1, 2e4)};
    } else {
      k.op = Attention{.batch = log_integer(1, 64),
                       .heads = 16,
                       .query_length = log_integer(1, 4096),
                       .key_length = log_integer(1, 4096),
                       .head_dim = 64};
    }
    if (which < 3 && uniform(0, 1) < 0.4) {
      k.numerics = {NumberFormat::fp16, NumberFormat::fp16, NumberFormat::fp32, Path::tensor_core};
    }
    return k;
  }

 private:
  std::mt19937 engine_;
};

}  // namespace roofcast::testing
