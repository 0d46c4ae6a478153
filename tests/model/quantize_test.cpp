// Quantisation of four weights worked by hand: scale = (2.567 + 1.234) / 255 = 0.0149059.
// SPDX-License-Identifier: Apache-2.0
#include "model/formats/quantize.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

using namespace roofcast;

namespace {
constexpr std::array<double, 4> kWeights{0.8342, -1.234, 0.0023, 2.567};
using Codes = std::vector<std::int64_t>;
}  // namespace

TEST_CASE("affine INT8 maps the least value to -128 and the greatest to 127") {
  const Quantized q = quantize(kWeights, 8, QuantizationScheme::affine);
  CHECK(q.scale == doctest::Approx(0.0149059).epsilon(1e-5));
  CHECK(q.codes == Codes{11, -128, -45, 127});  // (0.8342 + 1.234) / 0.0149059 - 128 = 10.75
  CHECK(q.values[0] == doctest::Approx(0.8379).epsilon(1e-4));
  CHECK(q.values[1] == -1.234);
  CHECK(q.values[2] == doctest::Approx(0.0032).epsilon(0.01));
  CHECK(q.values[3] == doctest::Approx(2.567));
  CHECK(q.zero_point == doctest::Approx(-45.214).epsilon(1e-5));  // 1.234 / 0.0149059 - 128, negated ends
  CHECK(q.max_error == doctest::Approx(0.00372).epsilon(0.01));
  CHECK(q.mean_error == doctest::Approx((0.00372 + 0.00089) / 4).epsilon(0.02));
}

TEST_CASE("four FP32 weights take 16 bytes, four INT8 codes 4") {
  const Quantized q = quantize(kWeights, 8, QuantizationScheme::affine);
  CHECK(q.before.value == 16);
  CHECK(q.after.value == 4);
  CHECK(quantize(kWeights, 4, QuantizationScheme::affine).after.value == 2);
  CHECK(quantize(kWeights, 3, QuantizationScheme::affine).after.value == 2);  // 12 bits fill two bytes
}

TEST_CASE("an integer zero point makes 0 exact and keeps these four codes") {
  const Quantized q = quantize(kWeights, 8, QuantizationScheme::affine_integer);
  CHECK(q.zero_point == -45);
  CHECK(q.codes == Codes{11, -128, -45, 127});
  CHECK(q.values[2] == 0);
}

TEST_CASE("an integer zero point widens a range that lacks 0") {
  const Quantized q = quantize(std::array{1.0, 2.0}, 8, QuantizationScheme::affine_integer);
  CHECK(q.zero_point == -128);
  CHECK(q.codes == Codes{0, 127});  // scale 2/255: 1 is 127.5 steps, to even 128
}

TEST_CASE("symmetric INT8 keeps 0 at code 0 and leaves -128 unused") {
  const Quantized q = quantize(kWeights, 8, QuantizationScheme::symmetric);
  CHECK(q.scale == doctest::Approx(2.567 / 127));
  CHECK(q.zero_point == 0);
  CHECK(q.codes == Codes{41, -61, 0, 127});
  CHECK(quantize(std::array{-3.0, 1.0}, 8, QuantizationScheme::symmetric).codes == Codes{-127, 42});
}

TEST_CASE("every error stays within half a step") {
  std::vector<double> values;
  for (int i = 0; i < 1000; ++i) values.push_back(std::sin(i) * i);
  for (int bits : {2, 4, 8, 16}) {
    const Quantized q = quantize(values, bits, QuantizationScheme::affine);
    CHECK(q.max_error <= q.scale * 0.5 * (1 + 1e-9));
    CHECK(q.mean_error <= q.max_error);
  }
}

TEST_CASE("a list of one value is decoded exactly") {
  for (auto scheme : {QuantizationScheme::affine, QuantizationScheme::symmetric}) {
    CHECK(quantize(std::array{0.7}, 8, scheme).max_error <= 1e-15);
    CHECK(quantize(std::array{0.0, 0.0}, 8, scheme).max_error == 0);
  }
}

TEST_CASE("an empty list, a NaN, an overflowing range and odd bit counts are refused") {
  const auto affine = QuantizationScheme::affine;
  CHECK_THROWS_AS(quantize({}, 8, affine), std::invalid_argument);
  CHECK_THROWS_AS(quantize(std::array{1.0, std::nan("")}, 8, affine), std::invalid_argument);
  CHECK_THROWS_AS(quantize(std::array{-1.7e308, 1.7e308}, 8, affine), std::invalid_argument);
  CHECK_THROWS_AS(quantize(kWeights, 1, affine), std::invalid_argument);
  CHECK_THROWS_AS(quantize(kWeights, 17, affine), std::invalid_argument);
}
