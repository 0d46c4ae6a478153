// A peak as somebody publishes it, and how it compares with the computed one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/gpu/throughput.h"

namespace roofcast {

struct PublishedPeak {
  std::string slug;
  Path path;
  NumberFormat input;
  NumberFormat accumulate;
  std::optional<FlopsPerSecond> dense;
  std::optional<FlopsPerSecond> sparse;
  std::optional<Hertz> clock;  // where the publisher used another one than the datasheet peak
  std::string source;
  std::string basis;  // how independent it is: "vendor", "third-party list" ...
  std::string note;
  std::string exception;  // why it may differ from the computed peak; "" where it may not
};

enum class PeakVerdict { agrees, explained, contradicts };
std::string_view name(PeakVerdict verdict);  // "agrees", "explained", "contradicts"

struct PeakComparison {
  Sparsity sparsity;
  FlopsPerSecond published;
  std::optional<Peak> computed;  // nothing where the board lacks the path, type or sparsity
  PeakVerdict verdict;
};

/// True within 2 %, or half a unit of the last digit of `published` written in tera-operations: 0.083 agrees with 0.08.
bool agrees(FlopsPerSecond published, FlopsPerSecond computed);

/// One comparison for the dense figure and one for the sparse figure, where given.
std::vector<PeakComparison> compare(const Gpu& gpu, const PublishedPeak& peak);

/// "says dense 242 TFLOP/s, but 58 SMs × 1024 op/clock × 2.040 GHz = 121 TFLOP/s: is it the sparse figure?"
std::string explain(const Gpu& gpu, const PublishedPeak& peak, const PeakComparison& comparison);

}  // namespace roofcast
