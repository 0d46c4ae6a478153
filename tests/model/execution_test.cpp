// Names of precisions, optimizers and stacks.
// SPDX-License-Identifier: Apache-2.0
#include "model/graph/execution.h"

#include <doctest/doctest.h>

using namespace roofcast;

TEST_CASE("every precision is found by its own name, with dashes or underscores, 'amp' is FP16 autocast") {
  CHECK(all_precisions().size() == 9);
  for (const Precision precision : all_precisions()) CHECK(parse_precision(name(precision)) == precision);
  CHECK(parse_precision("amp") == Precision::amp_fp16);
  CHECK(parse_precision("fp32-strict") == Precision::fp32_strict);
  CHECK(parse_precision("fp32_strict") == Precision::fp32_strict);
  CHECK(parse_precision("amp_bf16") == Precision::amp_bf16);
  CHECK_FALSE(parse_precision("fp31"));
  CHECK_FALSE(parse_precision(""));
}

TEST_CASE("the compiled stack fuses, the eager one does not") {
  for (const Stack& stack : all_stacks()) CHECK(find_stack(stack.name)->name == stack.name);
  CHECK_FALSE(find_stack("eager")->channels_last);
  CHECK(find_stack("channels-last")->channels_last);
  CHECK(find_stack("fused")->fuses_pointwise);
  CHECK(find_stack("fused")->fused_attention);
  CHECK_FALSE(find_stack("jit"));
}

TEST_CASE("a profile takes features") {
  const Stack stack = find_stack("ngc-20+nhwc+loop").value();
  CHECK(stack.name == "ngc-20+nhwc+loop");
  CHECK(stack.channels_last);
  CHECK_FALSE(stack.fused_optimizer);
  CHECK(stack.libraries == 2020);
  CHECK(find_stack("eager+flash")->fused_attention);
  CHECK_FALSE(find_stack("compiled+nchw")->channels_last);
  CHECK_FALSE(find_stack("eager+"));
  CHECK_FALSE(find_stack("eager+warp"));
  CHECK_FALSE(find_stack("+nhwc"));
}

TEST_CASE("phases, modes and optimizers have names") {
  CHECK(name(Phase::backward) == "backward");
  CHECK(name(Mode::inference) == "inference");
  CHECK(name(Optimizer::none) == "none");
  CHECK(name(Optimizer::sgd_momentum) != name(Optimizer::adam));
  CHECK(name(Optimizer::sgd) == "SGD");
  CHECK(name(Optimizer::adam_8bit) == "8-bit AdamW");
  CHECK(name(Checkpointing::sqrt) == "sqrt");
}
