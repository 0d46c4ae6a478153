// Why a step takes as long as it does: its layers by time, and the way from the ideal to the total.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/answer.h"

namespace roofcast::cli {

/// "layer3.4.conv2" -> "layer3.*.conv2": numbers that stand alone are indices of repeated blocks.
std::string layer_pattern(const std::string& name);

/// One layer, or the same layer of repeated blocks, with its backward kernels.
struct LayerGroup {
  std::string name;                         // "encoder.*.attention.query", or the one layer's own name
  const KernelForecast* longest = nullptr;  // the kernel that takes most of its time
  std::int64_t launches = 0;
  Seconds forward, other;  // other: backward and optimizer
  Seconds time() const { return forward + other; }
};

/// Longest first. A backward kernel "fc.wgrad" belongs to the forward layer "fc".
std::vector<LayerGroup> group_layers(const std::vector<KernelForecast>& kernels);

/// Running totals of all kernels of a step.
Waterfall total_waterfall(const Forecast& forecast);

/// The longest groups with their kind of op, launches, times, share, bound and algorithm; the rest summed in a last row.
Table layer_table(const Forecast& forecast, std::size_t most_rows);

/// ideal roofline → tile and wave losses → traffic → sustained clock → launch → host → step.
Table waterfall_table(const Forecast& forecast);

/// Every kernel of every answer that runs, in SI units.
std::string kernels_csv(const Question& question, const std::vector<Answer>& answers);

}  // namespace roofcast::cli
