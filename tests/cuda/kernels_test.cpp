// What the harness's kernels compute, on the CPU: they are timed, but a kernel that reads elsewhere times something else.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <functional>
#include <numeric>

#include "tests/cuda/on_cpu.h"
// As system headers: CUDA's style of arithmetic on indices is not ours to warn about.
#include <channels_last.cu>
#include <implicit_gemm.cu>
#include <layers.cu>
#include <pointwise.cu>
#include <rows.cu>

namespace {

using Values = std::vector<float>;

/// Small, of both signs, and different everywhere.
Values numbers(std::size_t count, float scale = 1) {
  Values v(count);
  for (std::size_t i = 0; i < count; ++i) v[i] = scale * (static_cast<float>(i * 37 % 101) / 50 - 1);
  return v;
}

void check_close(const Values& got, const Values& wanted) {
  REQUIRE(got.size() == wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    CAPTURE(i);
    REQUIRE(got[i] == doctest::Approx(wanted[i]).epsilon(1e-4).scale(1));
  }
}

template <class T>
Pack<T>* packs(std::vector<T>& v) {
  return reinterpret_cast<Pack<T>*>(v.data());
}

constexpr ConvShape kConv{2, 3, 7, 5, 4, 3, 3, 1, 1, 2, 1, 1, 1, 4, 5};

/// Calls f(index of x, of the filter, of y) for each multiply-add of kConv.
void each_product(const std::function<void(int, int, int)>& f) {
  const ConvShape& v = kConv;
  for (int n = 0; n < v.n; ++n) {
    for (int k = 0; k < v.k; ++k) {
      for (int c = 0; c < v.c; ++c) {
        for (int p = 0; p < v.out_h; ++p) {
          for (int q = 0; q < v.out_w; ++q) {
            for (int r = 0; r < v.r; ++r) {
              for (int s = 0; s < v.s; ++s) {
                const int y = p * v.stride_h - v.pad_h + r, z = q * v.stride_w - v.pad_w + s;
                if (y < 0 || z < 0 || y >= v.h || z >= v.w) continue;
                f(((n * v.c + c) * v.h + y) * v.w + z, ((k * v.c + c) * v.r + r) * v.s + s,
                  ((n * v.k + k) * v.out_h + p) * v.out_w + q);
              }
            }
          }
        }
      }
    }
  }
}

float& at(Values& v, int i) { return v[static_cast<std::size_t>(i)]; }

}  // namespace

TEST_CASE("kernel: the three passes of the implicit GEMM are those of a convolution") {
  const std::size_t inputs = 2 * 3 * 7 * 5, filters = 4 * 3 * 3 * 3, outputs = 2 * 4 * 4 * 5;
  Values x = numbers(inputs), f = numbers(filters, 0.5f), y(outputs), wanted(outputs);
  each_product([&](int i, int j, int o) { at(wanted, o) += at(x, i) * at(f, j); });
  on_cpu({1, 1}, 256, roofcast_conv_forward, x.data(), f.data(), y.data(), kConv);
  check_close(y, wanted);

  Values dy = numbers(outputs), dx(inputs), df(filters);
  wanted.assign(inputs, 0);
  each_product([&](int i, int j, int o) { at(wanted, i) += at(dy, o) * at(f, j); });
  on_cpu({2, 1}, 256, roofcast_conv_backward_data, dy.data(), f.data(), dx.data(), kConv);
  check_close(dx, wanted);
  wanted.assign(filters, 0);
  each_product([&](int i, int j, int o) { at(wanted, j) += at(x, i) * at(dy, o); });
  on_cpu({1, 1}, 256, roofcast_conv_backward_filter, x.data(), dy.data(), df.data(), kConv);
  check_close(df, wanted);
}

TEST_CASE(
    "kernel: softmax sums to one, layer norm has mean 0 and variance 1, in rows that no block divides") {
  constexpr int kRows = 3, kCols = 77;
  Values x = numbers(kRows * kCols, 3), y(x.size());
  on_cpu(kRows, 64, roofcast_softmax_f32, x.data(), y.data(), kCols, Index{0});
  const auto moment = [&](int row, int power) {
    double sum = 0;
    for (int i = 0; i < kCols; ++i) sum += std::pow(at(y, row * kCols + i), power);
    return sum;
  };
  for (int row = 0; row < kRows; ++row) {
    CHECK(moment(row, 1) == doctest::Approx(1).epsilon(1e-5));
    const float ratio = at(y, row * kCols + 1) / at(y, row * kCols);
    CHECK(ratio == doctest::Approx(std::exp(at(x, row * kCols + 1) - at(x, row * kCols))).epsilon(1e-4));
  }
  on_cpu(kRows, 64, roofcast_layer_norm_f32, x.data(), y.data(), kCols, Index{0});
  for (int row = 0; row < kRows; ++row) {
    CHECK(moment(row, 1) / kCols == doctest::Approx(0).epsilon(1e-4).scale(1));
    CHECK(moment(row, 2) / kCols == doctest::Approx(1).epsilon(1e-4));
  }
}

TEST_CASE("kernel: batch norm's statistics and pooling are the same in NCHW and NHWC") {
  constexpr int kN = 2, kC = 8, kH = 4, kW = 6, kSpatial = kH * kW;
  Values planes = numbers(kN * kC * kSpatial), pixels(planes.size());
  const auto swap = [&](Values& from, Values& to, int spatial) {
    for (int n = 0; n < kN; ++n) {
      for (int c = 0; c < kC; ++c) {
        for (int i = 0; i < spatial; ++i)
          at(to, (n * spatial + i) * kC + c) = at(from, (n * kC + c) * spatial + i);
      }
    }
  };
  swap(planes, pixels, kSpatial);

  Values sums(2 * kC), wanted(2 * kC);
  for (int i = 0; i < static_cast<int>(pixels.size()); ++i) {
    at(wanted, i % kC) += at(pixels, i);
    at(wanted, kC + i % kC) += at(pixels, i) * at(pixels, i);
  }
  on_cpu({1, 3}, {8, 4}, roofcast_channel_sums_f32, packs(pixels), sums.data(), kC / 4, kN * kSpatial);
  check_close(sums, wanted);

  // The same mean and product by plane: (x - mean) * mean square.
  Values normed(planes.size()), by_pixel(planes.size()), swapped(planes.size());
  on_cpu(kC, 32, roofcast_batch_norm_training_f32, planes.data(), normed.data(), kN, kC, kSpatial);
  for (float& s : sums) s /= kN * kSpatial;
  on_cpu(4, 32, roofcast_channel_apply_f32, packs(pixels), packs(by_pixel), sums.data(), kC / 4,
         kN * kSpatial);
  swap(normed, swapped, kSpatial);
  check_close(by_pixel, swapped);

  constexpr int kOut = 2 * 3;
  Values pooled(kN * kC * kOut), pooled_pixels(pooled.size()), swapped_pool(pooled.size());
  on_cpu(4, 32, roofcast_pool_f32, planes.data(), pooled.data(), Index{pooled.size()}, kH, kW, 2, 3, 3);
  on_cpu(4, 32, roofcast_pool_channels_f32, packs(pixels), packs(pooled_pixels), Index{pooled.size() / 4},
         kC / 4, kH, kW, 2, 3, 3);
  swap(pooled, swapped_pool, kOut);
  check_close(pooled_pixels, swapped_pool);
  Values gradient(planes.size()), gradient_pixels(planes.size());
  on_cpu(13, 32, roofcast_pool_backward_f32, pooled.data(), gradient.data(), Index{planes.size()}, kH, kW, 2,
         3, 3);
  on_cpu(4, 32, roofcast_pool_channels_backward_f32, packs(pooled_pixels), packs(gradient_pixels),
         Index{planes.size() / 4}, kC / 4, kH, kW, 2, 3, 3);
  swap(gradient, swapped, kSpatial);
  check_close(gradient_pixels, swapped);
}

TEST_CASE("kernel: elementwise kernels read each operand once, in halves too") {
  constexpr std::size_t kCount = 24;
  std::vector<__half> in(2 * kCount), out(kCount);
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = __float2half(static_cast<float>(i));
  on_cpu(1, 32, roofcast_pointwise_r2w1_f16, packs(in), packs(out), Index{kCount / 8}, Index{0}, Index{0}, 2);
  for (std::size_t i = 0; i < kCount; ++i) CHECK(__half2float(out[i]) == static_cast<float>(2 * i + kCount));
}

TEST_CASE("kernel: reductions, transposition and embeddings") {
  Values x = numbers(6 * 40), column_sums(40), wanted(40), all(1), transposed(x.size());
  for (int i = 0; i < 6 * 40; ++i) at(wanted, i % 40) += at(x, i);
  on_cpu({2, 3}, 32, roofcast_reduce_columns_f32, x.data(), column_sums.data(), 40, 6, 2);
  check_close(column_sums, wanted);
  on_cpu(2, 32, roofcast_reduce_all_f32, packs(x), all.data(), Index{x.size() / 4});
  check_close(all, {std::accumulate(x.begin(), x.end(), 0.0f)});
  on_cpu({2, 1}, {32, 8}, roofcast_transpose_f32, x.data(), transposed.data(), 6, 40);
  for (int i = 0; i < 6 * 40; ++i) REQUIRE(at(transposed, i % 40 * 6 + i / 40) == at(x, i));

  std::vector<unsigned> rows{3, 0, 3};
  Values gathered(3 * 40), table(6 * 40);
  on_cpu(3, 32, roofcast_embedding_f32, x.data(), gathered.data(), rows.data(), 40);
  CHECK(at(gathered, 39) == at(x, 3 * 40 + 39));
  on_cpu(3, 32, roofcast_embedding_backward_f32, gathered.data(), table.data(), rows.data(), 40);
  CHECK(at(table, 3 * 40 + 7) == doctest::Approx(2 * at(x, 3 * 40 + 7)));
  CHECK(at(table, 7) == doctest::Approx(at(x, 7)));
}
