// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/memory_system.h"

#include <doctest/doctest.h>

#include "model/kernels/estimate.h"
#include "tests/model/boards.h"

using namespace roofcast;
using roofcast::testing::board;

TEST_CASE("achieved bandwidth is a property of the memory class") {
  const Calibration c = prior_calibration();
  CHECK(stream_efficiency(board("v100-pcie-32gb"), c) == c[Constant::memory_hbm]);
  CHECK(stream_efficiency(board("tesla-p100-pcie-16gb"), c) == c[Constant::memory_hbm_pascal]);
  CHECK(stream_efficiency(board("tesla-t4"), c) == c[Constant::memory_gddr_ecc]);
  CHECK(stream_efficiency(board("rtx-3060-12gb"), c) == c[Constant::memory_gddr]);
  CHECK(stream_efficiency(board("quadro-p4000"), c) == c[Constant::memory_gddr_pascal]);
  CHECK(stream_efficiency(board("h100-sxm5"), c) == c[Constant::memory_hbm_late]);
  CHECK(stream_efficiency(board("jetson-orin-nano-8gb-15w"), c) == c[Constant::memory_lpddr]);
}

TEST_CASE("the L2 holds all of a small working set and none of one twice its usable size") {
  const Gpu gpu = board("v100-pcie-32gb");  // 6 MiB
  Calibration c = prior_calibration();
  c[Constant::memory_l2_resident] = 0.5;
  CHECK(l2_hit(mebibytes(3), gpu, c) == 1);
  CHECK(l2_hit(mebibytes(4.5), gpu, c) == doctest::Approx(0.5));
  CHECK(l2_hit(mebibytes(6), gpu, c) == 0);
}

TEST_CASE("a long addition takes three tensors over the achieved bandwidth") {
  // 1e9 elements × 12 B over 898 GB/s × 0.9 = 14.85 ms, + 1.5 us ramp + 1.5 us launch
  Kernel k;
  k.op = Pointwise{.elements = 1000000000, .reads = 2};
  const Estimate e = estimate(k, board("v100-pcie-32gb"), prior_calibration());
  CHECK(in_milliseconds(e.seconds) == doctest::Approx(14.85).epsilon(0.005));
  CHECK(e.bound == Bound::dram);
  CHECK(e.dram_bytes.value == doctest::Approx(12e9));
}

TEST_CASE("layer norm re-reads its rows from DRAM only where they outgrow the L2") {
  Kernel k;
  k.op = Rowwise{.kind = Rowwise::Kind::layer_norm, .rows = 100000, .cols = 2048};
  const Calibration c = prior_calibration();
  const double tensor = 4.0 * 100000 * 2048;
  // Missed re-reads take their share of the bandwidth; the traffic that counts for power stays the compulsory one.
  const auto per_stream = [&](const char* name) {
    const Gpu& gpu = board(name);
    const Seconds once = Bytes(2 * tensor) / (gpu.memory_bandwidth * c[Constant::memory_hbm]);
    return estimate(k, gpu, c).seconds / once;
  };
  CHECK(per_stream("v100-pcie-32gb") > 1.2 * per_stream("a100-pcie-40gb"));  // 6 MiB of L2, 40 MiB
}
