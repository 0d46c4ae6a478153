// SPDX-License-Identifier: Apache-2.0
#include "validate/robust_fit.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "validate/parallel.h"

namespace roofcast {
namespace {

double pseudo_huber(double r, double scale) {
  return scale * scale * (std::sqrt(1 + (r / scale) * (r / scale)) - 1);
}

double mean_cost(const std::vector<double>& r, double scale) {
  double sum = 0;
  for (const double v : r) sum += pseudo_huber(v, scale);
  return r.empty() ? 0 : sum / static_cast<double>(r.size());
}

}  // namespace

FitResult robust_fit(const std::function<std::vector<double>(const std::vector<double>&)>& residuals,
                     std::vector<Parameter> parameters, const FitOptions& options) {
  const auto count = static_cast<Eigen::Index>(parameters.size());
  Eigen::VectorXd x(count), low(count), high(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    const Parameter& p = parameters[static_cast<std::size_t>(i)];
    low[i] = std::log(p.low);
    high[i] = std::log(p.high);
    x[i] = std::clamp(std::log(p.value), low[i], high[i]);
  }
  const auto values = [&](const Eigen::VectorXd& at) {
    std::vector<double> v(parameters.size());
    for (Eigen::Index i = 0; i < count; ++i) v[static_cast<std::size_t>(i)] = std::exp(at[i]);
    return v;
  };

  // Maximum a posteriori: few rows leave a parameter near its prior, many rows overrule it.
  Eigen::VectorXd pull = Eigen::VectorXd::Zero(count), prior = x;
  for (Eigen::Index i = 0; i < count; ++i) {
    const Parameter& p = parameters[static_cast<std::size_t>(i)];
    if (p.prior <= 0) continue;
    pull[i] = options.prior_weight;
    prior[i] = std::log(p.prior);
  }
  const auto total_cost = [&](const std::vector<double>& r, const Eigen::VectorXd& at) {
    return mean_cost(r, options.scale) + (at - prior).cwiseAbs2().dot(pull);
  };

  FitResult result;
  std::vector<double> r = residuals(values(x));
  double cost = result.initial_cost = total_cost(r, x);
  double damping = 1e-2;
  const auto rows = static_cast<Eigen::Index>(r.size());
  Eigen::MatrixXd normal = Eigen::MatrixXd::Zero(count, count);
  for (; result.iterations < options.iterations && rows > 0; ++result.iterations) {
    Eigen::MatrixXd jacobian(rows, count);
    parallel_for(parameters.size(), [&](std::size_t parameter) {
      const auto i = static_cast<Eigen::Index>(parameter);
      Eigen::VectorXd up = x, down = x;
      up[i] = std::min(x[i] + options.step, high[i]);
      down[i] = std::max(x[i] - options.step, low[i]);
      const std::vector<double> a = residuals(values(up)), b = residuals(values(down));
      for (Eigen::Index j = 0; j < rows; ++j) {
        const auto k = static_cast<std::size_t>(j);
        jacobian(j, i) = (a[k] - b[k]) / (up[i] - down[i]);
      }
    });
    Eigen::VectorXd weight(rows), residual(rows);
    for (Eigen::Index j = 0; j < rows; ++j) {
      residual[j] = r[static_cast<std::size_t>(j)];
      weight[j] = 1 / std::sqrt(1 + std::pow(residual[j] / options.scale, 2));
    }
    normal = jacobian.transpose() * weight.asDiagonal() * jacobian;
    // The mean loss's derivatives times the rows; the pseudo-Huber loss near zero is half the square.
    const Eigen::VectorXd pull_rows = 2.0 * static_cast<double>(rows) * pull;
    const Eigen::VectorXd gradient =
        jacobian.transpose() * weight.asDiagonal() * residual + pull_rows.cwiseProduct(x - prior);
    const double before = cost;
    bool improved = false;
    for (int attempt = 0; attempt < 7 && !improved; ++attempt) {
      Eigen::MatrixXd damped = normal;
      damped.diagonal() += pull_rows;
      damped.diagonal() +=
          damping * normal.diagonal() + Eigen::VectorXd::Constant(count, 1e-9 * static_cast<double>(rows));
      const Eigen::VectorXd move = damped.ldlt().solve(-gradient).cwiseMax(-0.5).cwiseMin(0.5);
      const Eigen::VectorXd next = (x + move).cwiseMax(low).cwiseMin(high);
      std::vector<double> r_next = residuals(values(next));
      const double cost_next = total_cost(r_next, next);
      if (cost_next < cost) {
        x = next;
        r = std::move(r_next);
        cost = cost_next;
        damping = std::max(damping / 4, 1e-6);
        improved = true;
      } else {
        damping *= 5;
      }
    }
    if (!improved || (before - cost) < options.tolerance * before) break;
  }
  const std::vector<double> fitted = values(x);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    parameters[i].value = fitted[i];
    const auto k = static_cast<Eigen::Index>(i);
    result.sensitivity.push_back(rows > 0 ? normal(k, k) / static_cast<double>(rows) : 0);
  }
  result.parameters = std::move(parameters);
  result.cost = cost;
  return result;
}

}  // namespace roofcast
