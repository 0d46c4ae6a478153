// SPDX-License-Identifier: Apache-2.0
#include "validate/layouts/tensor_op.h"

#include <algorithm>
#include <array>

#include "validate/layouts/cells.h"

namespace roofcast {
namespace {

struct Elementwise {
  std::string_view name;
  double reads;
  double flops;  // issue slots of the function: about ten for an erf or tanh, twice that for a power
};
constexpr std::array<Elementwise, 13> kElementwise{{{"add", 2, 1},
                                                    {"mul", 2, 1},
                                                    {"div", 2, 1},
                                                    {"pow", 2, 20},
                                                    {"addu", 1, 1},
                                                    {"mulu", 1, 1},
                                                    {"divu", 1, 1},
                                                    {"powu", 1, 20},
                                                    {"relu", 1, 1},
                                                    {"gelu", 1, 10},
                                                    {"tanh", 1, 10},
                                                    {"dropout", 1, 10},
                                                    {"where", 2, 1}}};

}  // namespace

std::optional<Op> tensor_op(std::string_view name, std::int64_t rows, std::int64_t cols) {
  if (name == "ln") return Rowwise{Rowwise::Kind::layer_norm, rows, cols};
  if (name == "softmax") return Rowwise{Rowwise::Kind::softmax, rows, cols};
  const auto* found = std::find_if(kElementwise.begin(), kElementwise.end(),
                                   [&](const Elementwise& e) { return e.name == name; });
  if (found == kElementwise.end()) return std::nullopt;
  return Pointwise{rows * cols, found->reads, 1, found->flops};
}

void check_convolution(const CsvRow& row, const Conv2d& conv) {
  if (conv.h + 2 * conv.pad_h < conv.r || conv.w + 2 * conv.pad_w < conv.s)
    row.fail("the filter is larger than the padded input");
  const auto d = [](std::int64_t v) { return static_cast<double>(v); };
  check_work(
      row, 2 * d(conv.n) * d(conv.k) * d(conv.out_h()) * d(conv.out_w()) * d(conv.c) * d(conv.r) * d(conv.s));
  check_work(row, d(conv.n) * d(conv.c) * d(conv.h) * d(conv.w));
}

}  // namespace roofcast
