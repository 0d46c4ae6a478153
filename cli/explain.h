// Why a step takes as long as it does: its layers by time, and the way from the ideal to the total.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/answer.h"

namespace roofcast::cli {

/// "layer3.4.conv2" -> "layer3.*.conv2": numbers that stand alone are indices of repeated blocks.
std::string layer_pattern(const std::string& name);

/// Kernels that repeat: same work in layers whose names differ only in numbers.
struct LayerGroup {
  std::string name;  // "encoder.*.attention.query", or the one layer's own name
  const Kernel* kernel = nullptr;
  const Estimate* estimate = nullptr;
  std::int64_t count = 0;  // launches
  Seconds time;
};

/// Longest first.
std::vector<LayerGroup> group_layers(const std::vector<KernelForecast>& kernels);

/// Running totals of all kernels of a step.
Waterfall total_waterfall(const Forecast& forecast);

/// "layer", "op", "×", "time", "share", "bound", "algorithm"; the longest rows, the rest summed in a last one.
Table layer_table(const Forecast& forecast, std::size_t most_rows);

/// ideal roofline → tile and wave losses → traffic → sustained clock → launch → host → step.
Table waterfall_table(const Forecast& forecast);

/// Every kernel of every answer that runs, in SI units.
std::string kernels_csv(const Question& question, const std::vector<Answer>& answers);

}  // namespace roofcast::cli
