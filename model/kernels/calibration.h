// Every tunable of the model, with where it came from. Written by `roofcast calibrate`, never by hand.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/kernels/constants.h"
#include "model/ops/op.h"
#include "model/units.h"

namespace roofcast {

/// Measured over predicted time on chips left out of the fit: the ends of an 80 % interval.
struct Residual {
  double low = 1;
  double high = 1;
  int rows = 0;  // observations behind the quantiles; 0 = none
};

/// What a calibration was fitted on.
struct Provenance {
  std::string date;                // "2026-11-23"
  std::string data_hash;           // FNV-1a of the observations, hexadecimal
  std::vector<std::string> files;  // "neusight/gemm.csv"
};

/// What ran where an architecture was measured: any kernel or step of a network, its training, its inference, or an
/// engine that served a language model. Tokens per second of a cache say nothing of a convolution, and a forward pass
/// nothing of gradients.
enum class Evidence { kernels, training, inference, serving };

struct Calibration {
  std::array<double, kConstantCount> values{};
  std::array<bool, kConstantCount> fitted{};  // false: still the prior, no data constrained it
  std::map<KernelKind, Residual> kernel_residuals;
  double kind_correlation = 0;  // of log errors of two kinds on one chip, in [0, 1]
  Residual step_residual;       // whole steps
  /// The composed ln(spread) at which `step_residual` holds; a step composed to twice that is off by twice as much in the
  /// logarithm. Nothing: steps of any composition are alike.
  std::optional<double> step_composed;
  std::map<Evidence, std::set<std::string>> measured;  // architectures behind the fit: "Pascal"
  Provenance provenance;

  double operator[](Constant c) const { return values[static_cast<std::size_t>(c)]; }
  double& operator[](Constant c) { return values[static_cast<std::size_t>(c)]; }
};

/// Every constant at its prior, nothing fitted.
Calibration prior_calibration();

}  // namespace roofcast
