// Bounded, robust, nonlinear least squares over log-scaled parameters, with Eigen.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace roofcast {

/// A positive parameter, fitted on a log scale.
struct Parameter {
  std::string name;
  double value;
  double low, high;
  double prior = 0;  // where it is drawn to; 0: nowhere
};

struct FitOptions {
  double scale = 0.1;  // residuals beyond this count linearly (pseudo-Huber)
  double step = 0.03;  // of the central difference, in log units: wide, since tile choices make steps
  int iterations = 20;
  double tolerance = 1e-4;  // relative improvement that ends the fit
  double prior_weight = 0;  // of ln(value / prior)² against the mean loss of the rows
};

struct FitResult {
  std::vector<Parameter> parameters;
  double initial_cost = 0;
  double cost = 0;                  // mean pseudo-Huber loss per residual
  std::vector<double> sensitivity;  // diagonal of JᵀJ / rows: 0 where data do not constrain the parameter
  int iterations = 0;
};

/// Minimises the mean pseudo-Huber loss of `residuals(values)` by Levenberg-Marquardt with iteratively reweighted
/// rows. Source: Nocedal and Wright, "Numerical Optimization", chapter 10. Values never leave their bounds.
/// `residuals` is called from several threads at once.
FitResult robust_fit(const std::function<std::vector<double>(const std::vector<double>&)>& residuals,
                     std::vector<Parameter> parameters, const FitOptions& options = {});

}  // namespace roofcast
