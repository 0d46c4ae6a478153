// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/counter_check.h"

#include <doctest/doctest.h>

#include "hwdb/hwdb.h"
#include "validate/harness/case.h"

using namespace roofcast;
using namespace roofcast::harness;

namespace {

Record counted(const std::string& subject, const std::string& numerics, double flops, double dram_bytes) {
  Record r;
  r.subject = subject;
  r.numerics = numerics;
  r.state = "ok";
  r.counted_flops = flops;
  r.counted_dram_bytes = dram_bytes;
  return r;
}

std::map<std::string, CounterCheck> check(const std::vector<Record>& records,
                                          const char* board = "quadro-p4000") {
  return check_counters(records, Hwdb::embedded().resolve(board).gpu, embedded_calibration());
}

constexpr const char* kSingle = "fp32/fp32/fp32/cuda_core";

}  // namespace

TEST_CASE(
    "counted over modelled: operations of a product are 2 m n k, and the median of an even number lies "
    "between") {
  const double flops = 2.0 * 1024 * 1024 * 1024;
  const auto c = check({counted("gemm:m=1024,n=1024,k=1024", kSingle, 1.1 * flops, 1e7),
                        counted("gemm:m=1024,n=1024,k=1024", kSingle, 1.3 * flops, 1e7)});
  REQUIRE(c.size() == 1);
  CHECK(c.at("gemm/fp32").rows == 2);
  CHECK(c.at("gemm/fp32").flops.value() == doctest::Approx(1.2));
}

TEST_CASE("a large stream moves what it reads and writes") {
  const auto c = check({counted("pointwise:elements=67108864,reads=2", kSingle, 0, 3 * 4 * 67108864.0)});
  CHECK(c.at("pointwise/fp32").dram_bytes.value() == doctest::Approx(1).epsilon(0.02));
}

TEST_CASE("operations of tensor cores are no FP32 instructions") {
  const auto c =
      check({counted("gemm:m=4096,n=4096,k=4096", "fp16/fp16/fp32/tensor_core", 1, 1e6)}, "tesla-t4");
  CHECK_FALSE(c.at("gemm/fp16 tensor").flops);
  CHECK(c.at("gemm/fp16 tensor").dram_bytes);
}

TEST_CASE("rows without counters, failed ones and the harness's own convolutions say nothing") {
  Record plain = counted("gemm:m=64,n=64,k=64", kSingle, 1, 1), failed = plain;
  plain.counted_flops = plain.counted_dram_bytes = std::nullopt;
  failed.state = "failed: out of memory";
  Record own = counted("conv:n=8,c=64,h=56,w=56,k=64,r=3,s=3,pad_h=1,pad_w=1", kSingle, 1, 1);
  own.provider = kOwnConvolution;
  CHECK(check({plain, failed, own}).empty());
}
