// Every tunable of the model, with where it came from. Written by `roofcast calibrate`, never by hand.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/ops/op.h"
#include "model/units.h"

namespace roofcast {

/// Measured over predicted time on chips left out of the fit: the 10 % and 90 % quantiles.
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

/// One fitted constant. Bounds keep the fit physical; `fitted` false marks a prior that data do not constrain.
struct Constant {
  double value = 0;
  double low = 0;
  double high = 0;
  bool fitted = true;
};

struct Calibration {
  std::map<std::string, Constant, std::less<>> constants;  // "gemm.efficiency_128x128"
  std::map<KernelKind, Residual> kernel_residuals;
  Residual step_residual;                                  // whole steps
  std::vector<std::string> architectures;                  // families of GPUs with data behind the fit: "Pascal"
  Provenance provenance;
};

}  // namespace roofcast
