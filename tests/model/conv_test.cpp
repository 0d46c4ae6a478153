// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/conv.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <string_view>

#include "tests/model/boards.h"
#include "tests/model/half.h"

using namespace roofcast;
using roofcast::testing::board;
using roofcast::testing::kHalf;

namespace {

// ResNet-50's 3×3 layer on 14 × 14 pixels.
constexpr Conv2d kLayer{
    .n = 64, .c = 256, .h = 14, .w = 14, .k = 256, .r = 3, .s = 3, .pad_h = 1, .pad_w = 1};

// ResNet's, of an image of so many channels.
Conv2d first_layer(std::int64_t channels, Pass pass = Pass::forward) {
  return {.n = 16,
          .c = channels,
          .h = 224,
          .w = 224,
          .k = 64,
          .r = 7,
          .s = 7,
          .pad_h = 3,
          .pad_w = 3,
          .stride_h = 2,
          .stride_w = 2,
          .pass = pass};
}

}  // namespace

TEST_CASE(
    "FP32 3x3 stride-1 convolutions run as Winograd and do fewer operations than the direct algorithm") {
  const Demand d = conv_demand(kLayer, Numerics{}, board("v100-pcie-32gb"), prior_calibration());
  CHECK(d.algorithm.starts_with("winograd"));
  CHECK(d.flops.value == doctest::Approx(2.0 * 64 * 256 * 14 * 14 * 256 * 9));
  CHECK(d.executed < d.flops);
}

TEST_CASE("strided, 1x1 and tensor-core convolutions run as implicit GEMM") {
  Conv2d strided = kLayer, pointwise = kLayer;
  strided.stride_h = strided.stride_w = 2;
  pointwise.r = pointwise.s = 1;
  pointwise.pad_h = pointwise.pad_w = 0;
  const Calibration c = prior_calibration();
  CHECK(conv_demand(strided, Numerics{}, board("v100-pcie-32gb"), c).algorithm.starts_with("implicit GEMM"));
  CHECK(
      conv_demand(pointwise, Numerics{}, board("v100-pcie-32gb"), c).algorithm.starts_with("implicit GEMM"));
  CHECK(conv_demand(kLayer, kHalf, board("v100-pcie-32gb"), c).algorithm.starts_with("implicit GEMM"));
}

TEST_CASE("forward convolutions do not split their reduction, filter gradients of many pixels do") {
  Conv2d deep{.n = 8, .c = 2048, .h = 7, .w = 7, .k = 512};
  const Calibration c = prior_calibration();
  CHECK(conv_demand(deep, Numerics{}, board("v100-pcie-32gb"), c).algorithm.find("split") ==
        std::string::npos);
  Conv2d shallow{.n = 16, .c = 64, .h = 112, .w = 112, .k = 64, .pass = Pass::backward_filter};
  CHECK(conv_demand(shallow, Numerics{}, board("v100-pcie-32gb"), c).algorithm.find("split") !=
        std::string::npos);
}

TEST_CASE("CUDA cores add the gradient of a strided convolution from columns, without the zeros between") {
  Conv2d strided = kLayer;
  strided.stride_h = strided.stride_w = 2;
  strided.pass = Pass::backward_data;
  const Demand d = conv_demand(strided, Numerics{}, board("v100-pcie-32gb"), prior_calibration(), 2017);
  CHECK(d.algorithm.starts_with("columns"));
  CHECK(d.executed / d.flops == doctest::Approx(64.0 / 49));  // image by image: 49 pixels in a tile of 64
}

TEST_CASE("an addition into the cleared image moves whole sectors, skipped pixels too") {
  Conv2d pointwise{.n = 16, .c = 256, .h = 56, .w = 56, .k = 128, .stride_h = 2, .stride_w = 2};
  pointwise.pass = Pass::backward_data;
  const Demand d = conv_demand(pointwise, Numerics{}, board("v100-pcie-32gb"), prior_calibration());
  CHECK(d.algorithm.starts_with("columns"));
  // Image cleared, columns read, and every other row of the image read and written.
  const double image = 16.0 * 256 * 56 * 56 * 4, columns = image / 4;
  CHECK(d.serial_dram_bytes.value == doctest::Approx(image + columns + 2 * image / 2));
}

TEST_CASE("the filter gradient of 1x1 filters takes a plane sixteen pixels at a time") {
  Conv2d pointwise{.n = 16, .c = 512, .h = 7, .w = 7, .k = 512};
  pointwise.pass = Pass::backward_filter;
  const Demand d = conv_demand(pointwise, Numerics{}, board("v100-pcie-32gb"), prior_calibration());
  CHECK(d.executed / d.flops == doctest::Approx(64.0 / 49).epsilon(0.01));
}

TEST_CASE("cuDNN 5.0 has no non-fused Winograd, 5.1 has") {
  Conv2d wide = kLayer;
  wide.pass = Pass::backward_filter;
  const auto algorithm = [&](int libraries) {
    return conv_demand(wide, Numerics{}, board("titan-x-maxwell"), prior_calibration(), libraries).algorithm;
  };
  CHECK(algorithm(2015).starts_with("implicit GEMM"));
  CHECK(algorithm(2016) == "winograd non-fused");
}

TEST_CASE("no product of a Winograd filter gradient is split, however few blocks its channels make") {
  Conv2d narrow{.n = 16, .c = 64, .h = 56, .w = 56, .k = 64, .r = 3, .s = 3, .pad_h = 1, .pad_w = 1};
  narrow.pass = Pass::backward_filter;
  const Demand d = conv_demand(narrow, Numerics{}, board("v100-pcie-32gb"), prior_calibration());
  CHECK(d.algorithm == "winograd non-fused");
  CHECK(d.launches == 4);  // three transforms, one product; a split would add its sum
}

TEST_CASE("gathered operands take issue slots, so that a narrow tile has to save more than its edges") {
  Calibration free = prior_calibration(), dear = prior_calibration();
  free[Constant::conv_gather] = 0.5;
  dear[Constant::conv_gather] = 20;
  // 288 filters are nine tiles of 32, four and a half of 64.
  const Conv2d layer{.n = 64, .c = 64, .h = 56, .w = 56, .k = 288, .r = 7, .s = 7, .pad_h = 3, .pad_w = 3};
  const auto algorithm = [&](const Calibration& c) {
    return conv_demand(layer, Numerics{}, board("tesla-p4"), c).algorithm;
  };
  CHECK(algorithm(free) == "implicit GEMM 128x32");
  CHECK(algorithm(dear) != "implicit GEMM 128x32");
}

TEST_CASE(
    "non-fused Winograd transforms sixteen images at a time, the filter gradient as many as there are") {
  const auto executed = [](std::int64_t images, Pass pass) {
    Conv2d wide = kLayer;
    wide.n = images;
    wide.c = wide.k = 512;
    wide.pass = pass;
    const Demand d = conv_demand(wide, Numerics{}, board("v100-pcie-32gb"), prior_calibration());
    REQUIRE(d.algorithm == "winograd non-fused");
    return d.executed.value;
  };
  CHECK(executed(33, Pass::forward) == executed(48, Pass::forward));
  CHECK(executed(33, Pass::forward) > executed(32, Pass::forward));
  CHECK(executed(33, Pass::backward_filter) < executed(48, Pass::backward_filter));
}

TEST_CASE("fused Winograd arranges its tiles over several images up to Pascal") {
  // 8 × 8 pixels of two images fill a block; one image of them fills a half.
  const Conv2d small{.n = 64, .c = 32, .h = 8, .w = 8, .k = 32, .r = 3, .s = 3, .pad_h = 1, .pad_w = 1};
  const Demand pascal = conv_demand(small, Numerics{}, board("tesla-p4"), prior_calibration());
  CHECK(pascal.algorithm == "winograd");
  CHECK(pascal.executed / pascal.flops == doctest::Approx(16.0 / 36));
  CHECK(conv_demand(small, Numerics{}, board("tesla-t4"), prior_calibration()).algorithm != "winograd");
}

TEST_CASE(
    "cuDNN 5 takes the widest tile its filters fill however few blocks that leaves, cuDNN 6 goes narrower "
    "while SMs idle, cuDNN 7 where it is faster") {
  const auto tile = [](std::int64_t filters, int libraries) {
    const Conv2d few{.n = 4, .c = 1024, .h = 7, .w = 7, .k = filters};
    return conv_demand(few, Numerics{}, board("tesla-p100-pcie-16gb"), prior_calibration(), libraries)
        .algorithm;
  };
  CHECK(tile(128, 2016) == "implicit GEMM 128x128");
  CHECK(tile(64, 2016) == "implicit GEMM 128x64");
  CHECK(tile(32, 2016) == "implicit GEMM 128x32");
  CHECK(tile(128, 2017) == "implicit GEMM 128x32");    // 2 blocks of 128 x 128, 4 of 128 x 64, for 56 SMs
  CHECK(tile(1792, 2017) == "implicit GEMM 128x128");  // 28
  CHECK(tile(128, 2019) == "implicit GEMM 128x64");
}

TEST_CASE(
    "5x5 filters run as Winograd, 7x7 as implicit GEMM, before cuDNN 7.6 the gradient towards the input "
    "alone") {
  Conv2d five{.n = 16, .c = 192, .h = 28, .w = 28, .k = 128, .r = 5, .s = 5, .pad_h = 2, .pad_w = 2};
  Conv2d seven = five;
  seven.r = seven.s = 7;
  seven.pad_h = seven.pad_w = 3;
  const Calibration c = prior_calibration();
  CHECK(conv_demand(five, Numerics{}, board("v100-pcie-32gb"), c).algorithm == "winograd non-fused");
  CHECK(conv_demand(seven, Numerics{}, board("v100-pcie-32gb"), c).algorithm.starts_with("implicit GEMM"));
  const auto with_cudnn6 = [&](Pass pass) {
    Conv2d v = five;
    v.pass = pass;
    return conv_demand(v, Numerics{}, board("tesla-p100-pcie-16gb"), c, 2017).algorithm;
  };
  CHECK(with_cudnn6(Pass::forward).starts_with("implicit GEMM"));
  CHECK(with_cudnn6(Pass::backward_data) == "winograd non-fused");
  CHECK(with_cudnn6(Pass::backward_filter).starts_with("implicit GEMM"));
}

TEST_CASE(
    "libraries from cuDNN 7.6 on gather the taps that reach a strided pixel, before, and for 1x1, columns") {
  Conv2d v{.n = 16,
           .c = 256,
           .h = 20,
           .w = 84,
           .k = 512,
           .r = 5,
           .s = 5,
           .pad_h = 1,
           .pad_w = 1,
           .stride_h = 2,
           .stride_w = 2,
           .pass = Pass::backward_data};
  Calibration c = prior_calibration();
  c[Constant::conv_columns] = 0.3;  // slow enough for the other to win
  CHECK(conv_demand(v, Numerics{}, board("v100-pcie-32gb"), c, 2019).algorithm.starts_with("implicit GEMM"));
  CHECK(conv_demand(v, Numerics{}, board("v100-pcie-32gb"), c, 2017).algorithm.starts_with("columns"));
  v.r = v.s = 1;
  v.pad_h = v.pad_w = 0;
  CHECK(conv_demand(v, Numerics{}, board("v100-pcie-32gb"), c, 2019).algorithm.starts_with("columns"));
}

TEST_CASE("addresses cost arithmetic only where they are computed in the same pipe") {
  const Conv2d pointwise{.n = 64, .c = 512, .h = 28, .w = 28, .k = 512, .r = 1, .s = 1};
  const Calibration free = prior_calibration();
  Calibration dear = free;
  dear[Constant::conv_addressing] /= 1.25;
  const auto slower = [&](const char* slug) {
    return conv_demand(pointwise, Numerics{}, board(slug), dear).compute_cycles /
           conv_demand(pointwise, Numerics{}, board(slug), free).compute_cycles;
  };
  CHECK(slower("v100-pcie-32gb") == 1);
  CHECK(slower("tesla-t4") == 1);
  CHECK(slower("tesla-p100-pcie-16gb") == doctest::Approx(1.25).epsilon(0.01));
}

TEST_CASE("the wider L2 of GA100 feeds the gathered operands of tensor cores faster") {
  const Conv2d pointwise{.n = 256, .c = 512, .h = 28, .w = 28, .k = 512, .r = 1, .s = 1};
  Gpu narrow = board("a100-pcie-40gb");
  const Demand wide = conv_demand(pointwise, kHalf, narrow, prior_calibration());
  narrow.l2_per_sm_clock = board("v100-pcie-32gb").l2_per_sm_clock;
  CHECK(conv_demand(pointwise, kHalf, narrow, prior_calibration()).l2_cycles / wide.l2_cycles ==
        doctest::Approx(1.85).epsilon(0.01));
}

TEST_CASE("tensor cores and byte products load 16 bytes of channels at a time") {
  const Numerics bytes{NumberFormat::int8, NumberFormat::int8, NumberFormat::int32, Path::cuda_core};
  const Calibration c = prior_calibration();
  CHECK(conv_demand(first_layer(3), kHalf, board("v100-pcie-32gb"), c).executed ==
        conv_demand(first_layer(8), kHalf, board("v100-pcie-32gb"), c).executed);
  CHECK(conv_demand(first_layer(3), bytes, board("titan-xp"), c).executed ==
        conv_demand(first_layer(16), bytes, board("titan-xp"), c).executed);
}

TEST_CASE(
    "before cuDNN 8 tensor cores walk a tap by 32 channels, of filter gradients with as many by 64, on large "
    "tiles") {
  Conv2d few{.n = 16, .c = 3, .h = 224, .w = 224, .k = 64, .r = 3, .s = 3, .pad_h = 1, .pad_w = 1};
  const Calibration c = prior_calibration();
  const auto executed = [&](std::int64_t channels, Pass pass) {
    Conv2d v = few;
    v.c = channels;
    v.pass = pass;
    return conv_demand(v, kHalf, board("v100-pcie-32gb"), c, 2019).executed;
  };
  CHECK(executed(3, Pass::forward) == executed(32, Pass::forward));
  CHECK(executed(3, Pass::backward_filter) < executed(32, Pass::backward_filter));
  CHECK(executed(32, Pass::backward_filter) == executed(64, Pass::backward_filter));
  // 7×7 pixels of eight images are 4 × 4 tiles of 128 × 128, or 2 × 8 of 256 × 64: one wave in either case.
  const Conv2d small{.n = 8,
                     .c = 512,
                     .h = 7,
                     .w = 7,
                     .k = 512,
                     .r = 3,
                     .s = 3,
                     .pad_h = 1,
                     .pad_w = 1,
                     .pass = Pass::backward_data};
  const auto cycles = [&](int year) {
    return conv_demand(small, kHalf, board("v100-pcie-32gb"), c, year).compute_cycles;
  };
  CHECK(cycles(2019) > 1.3 * cycles(2022));
}

TEST_CASE("before cuDNN 8 filter gradients of large filters are cut in four at most") {
  Conv2d v{.n = 16, .c = 1, .h = 161, .w = 700, .k = 64, .r = 5, .s = 5, .pad_h = 1, .pad_w = 1};
  v.stride_h = v.stride_w = 2;
  v.pass = Pass::backward_filter;
  const auto algorithm = [&](int year) {
    return conv_demand(v, kHalf, board("v100-pcie-32gb"), prior_calibration(), year).algorithm;
  };
  CHECK(algorithm(2019).ends_with("split-K 4"));
  CHECK_FALSE(algorithm(2022).ends_with("split-K 4"));
  v.r = v.s = 3;
  CHECK_FALSE(algorithm(2019).ends_with("split-K 4"));
}

TEST_CASE("channels that are padding are multiplied, not read") {
  const auto demand = [&](std::int64_t channels, Pass pass) {
    return conv_demand(first_layer(channels, pass), kHalf, board("v100-pcie-32gb"), prior_calibration(),
                       2019);
  };
  const Demand image = demand(3, Pass::forward);
  CHECK(image.executed == demand(32, Pass::forward).executed);
  CHECK(image.fetched == demand(8, Pass::forward).fetched);  // a load of eight channels
  CHECK(image.fetched < demand(16, Pass::forward).fetched);
  CHECK(demand(16, Pass::forward).fetched < demand(32, Pass::forward).fetched);
  CHECK(demand(3, Pass::backward_filter).fetched < demand(16, Pass::backward_filter).fetched);
}

TEST_CASE("every pass of a convolution has the forward operation count") {
  for (const Pass pass : {Pass::backward_data, Pass::backward_filter}) {
    Conv2d v = kLayer;
    v.pass = pass;
    CHECK(conv_demand(v, Numerics{}, board("v100-pcie-32gb"), prior_calibration()).flops ==
          conv_demand(kLayer, Numerics{}, board("v100-pcie-32gb"), prior_calibration()).flops);
  }
}

TEST_CASE("depthwise convolutions run as a direct kernel") {
  Conv2d v = kLayer;
  v.groups = v.k = v.c;
  CHECK(conv_demand(v, Numerics{}, board("v100-pcie-32gb"), prior_calibration()).algorithm == "direct");
}

TEST_CASE("groups that do not divide the channels are refused") {
  Conv2d v = kLayer;
  v.groups = 3;
  CHECK_THROWS_AS(conv_demand(v, Numerics{}, board("v100-pcie-32gb"), prior_calibration()),
                  std::invalid_argument);
}

TEST_CASE("before cuDNN 8 gradients of filters padded by their size or more leave the tensor cores") {
  Conv2d v{.n = 16,
           .c = 2048,
           .h = 7,
           .w = 7,
           .k = 512,
           .r = 1,
           .s = 1,
           .pad_h = 3,
           .pad_w = 3,
           .stride_h = 2,
           .stride_w = 2};
  const Numerics widened{NumberFormat::fp16, NumberFormat::fp32, NumberFormat::fp32, Path::cuda_core};
  const Calibration c = prior_calibration();
  const auto cycles = [&](Pass pass, const Numerics& numerics, int libraries) {
    v.pass = pass;
    return conv_demand(v, numerics, board("v100-pcie-32gb"), c, libraries).compute_cycles;
  };
  for (const Pass gradient : {Pass::backward_data, Pass::backward_filter}) {
    CHECK(cycles(gradient, kHalf, 2019) == cycles(gradient, widened, 2019));
    CHECK(cycles(gradient, kHalf, 2020) < 0.5 * cycles(gradient, kHalf, 2019));
  }
  CHECK(cycles(Pass::forward, kHalf, 2019) < 0.5 * cycles(Pass::forward, widened, 2019));
}
