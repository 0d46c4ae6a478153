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

TEST_CASE("batch norm streams in inference, training in NCHW moves what a channel's block keeps under way") {
  Calibration c = prior_calibration();
  c[Constant::batch_norm_channel_bytes] = 5;
  const Gpu& a100 = board("a100-pcie-40gb");
  const auto time = [&](BatchNorm::Kind kind, bool channels_last, const Gpu& gpu) {
    Kernel k;
    k.op = BatchNorm{.kind = kind, .n = 256, .c = 256, .spatial = 56 * 56};
    k.channels_last = channels_last;
    return estimate(k, gpu, c).seconds;
  };
  Kernel scale;  // reads and writes as many elements
  scale.op = Pointwise{.elements = 256 * 256 * 56 * 56, .reads = 1};
  CHECK(time(BatchNorm::Kind::inference, false, a100) / estimate(scale, a100, c).seconds ==
        doctest::Approx(1).epsilon(0.01));

  // Three tensors of 822 MB at 5 bytes a clock of 108 SMs at 1.41 GHz.
  const Seconds bounded = Bytes(3 * 4.0 * 256 * 256 * 56 * 56) / BytesPerSecond(5.0 * 108 * 1.41e9);
  CHECK(time(BatchNorm::Kind::training, false, a100) / bounded == doctest::Approx(1).epsilon(0.05));
  CHECK(time(BatchNorm::Kind::training, true, a100) < bounded * 0.75);
  // More bandwidth at the same clock helps NHWC alone.
  const Gpu& wider = board("a100-sxm4-80gb");
  const auto gain = [&](bool channels_last) {
    return time(BatchNorm::Kind::training, channels_last, a100) /
           time(BatchNorm::Kind::training, channels_last, wider);
  };
  CHECK(gain(false) < 1.1);
  CHECK(gain(true) > 1.15);
}

TEST_CASE("the L2's width is relative to a V100's, and a V100's where nobody says") {
  CHECK(l2_width(board("v100-pcie-32gb")) == doctest::Approx(1));
  CHECK(l2_width(board("a100-pcie-40gb")) == doctest::Approx(1.85).epsilon(0.01));
  CHECK(l2_width(board("rtx-3090")) == 1);
}

TEST_CASE("kernels of a replayed graph follow each other by a gap of their own") {
  Calibration c = prior_calibration();
  c[Constant::launch_gap_us] = 1.5;
  c[Constant::launch_replay_us] = 0.5;
  Kernel k;
  k.op = Pointwise{.elements = 1000, .reads = 1};
  const Gpu& gpu = board("rtx-3060-12gb");
  const Seconds launched = estimate(k, gpu, c).seconds;
  k.replayed = true;
  CHECK(in_microseconds(launched - estimate(k, gpu, c).seconds) == doctest::Approx(1));
}
