// What the derivation from the datasheet says to a quoted figure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/claim.h"
#include "model/gpu/gpu.h"

namespace roofcast::cli {

enum class Verdict { ok, sparse_as_dense, wrong_rate, wrong, not_supported, unknown };
bool is_wrong(Verdict verdict);

struct Judgement {
  Claim claim;
  Verdict verdict = Verdict::unknown;
  std::string verdict_text;       // "wrong rate (x4.0)"
  std::optional<double> derived;  // in the claim's unit; of a rate the one frameworks get
  std::optional<double> sparse;   // the same with 2:4 sparsity
  std::string derivation;         // "28 SMs × 512 op/clock × 1.777 GHz = 25.5 TFLOP/s"
  std::vector<std::string> why;   // sentences, most telling first
};

/// `boards` are searched for one of the same chip whose figure it is.
Judgement judge(const Claim& claim, const Gpu& gpu, const std::vector<Gpu>& boards);

/// A number in the claim's unit: rates to three digits, as derivations have them, other figures to five.
std::string number(double value, const Claim& claim);

}  // namespace roofcast::cli
