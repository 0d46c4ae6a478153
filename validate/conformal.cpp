// SPDX-License-Identifier: Apache-2.0
#include "validate/conformal.h"

#include <algorithm>
#include <cmath>

#include "model/forecast/interval.h"

namespace roofcast {
namespace {

constexpr double kCovered = 0.8;
constexpr double kLevel = 0.9;  // 10 % on either side

/// A few rows say little of a chip.
double chip_weight(double rows) { return std::min(1.0, rows / kFullWeightRows); }

/// Values in order with the share of all chips' weight at or below each.
class Distribution {
 public:
  Distribution(const std::vector<ChipValue>& sorted, const std::string& except) {
    std::map<std::string, double> rows;
    for (const ChipValue& v : sorted) {
      if (v.chip != except) ++rows[v.chip];
    }
    double total = 0, below = 0;
    for (const auto& [chip, n] : rows) total += chip_weight(n);
    for (const ChipValue& v : sorted) {
      if (v.chip == except) continue;
      below += chip_weight(rows[v.chip]) / (rows[v.chip] * total);
      values_.push_back(v.value);
      below_.push_back(below);
    }
  }

  /// The interval that leaves 1 - `level` on either side, with 0 inside.
  Quantiles quantiles(double level) const {
    constexpr double kRounding = 1e-9;  // of sums of weights
    const auto n = static_cast<double>(values_.size());
    const double q = std::min(1.0, level * (n + 1) / n);
    const auto low = std::upper_bound(below_.begin(), below_.end() - 1, 1 - q + kRounding);
    const auto high = std::lower_bound(below_.begin(), below_.end() - 1, q - kRounding);
    return {std::min(0.0, values_[low - below_.begin()]), std::max(0.0, values_[high - below_.begin()])};
  }

 private:
  std::vector<double> values_, below_;
};

/// A chip's values and those of the others, which are to hold them.
struct Judged {
  std::vector<double> values;
  Distribution rest;
};

double share_held(const Judged& chip, double level) {
  const Quantiles q = chip.rest.quantiles(level);
  const auto held = std::count_if(chip.values.begin(), chip.values.end(),
                                  [&](double v) { return v >= q.low && v <= q.high; });
  return static_cast<double>(held) / static_cast<double>(chip.values.size());
}

/// The least level, from 90 %, at which the others' quantiles hold each chip's values 80 % of the time, weighted mean over
/// chips.
double level_held(const std::vector<ChipValue>& sorted) {
  std::map<std::string, std::vector<double>> chips;
  for (const ChipValue& v : sorted) chips[v.chip].push_back(v.value);
  std::vector<Judged> judged;
  for (const auto& [chip, values] : chips) judged.push_back({values, Distribution(sorted, chip)});
  const auto enough = [&](double level) {
    double held = 0, all = 0;
    for (const Judged& chip : judged) {
      const double weight = chip_weight(static_cast<double>(chip.values.size()));
      held += weight * share_held(chip, level);
      all += weight;
    }
    return held >= kCovered * all;
  };
  double low = kLevel, high = 1;
  if (judged.size() < 2 || enough(low)) return low;
  for (int i = 0; i < 12; ++i) {
    const double middle = (low + high) / 2;
    (enough(middle) ? high : low) = middle;
  }
  return high;
}

/// Correlation of two kinds' errors on one chip: mean product of two kinds' mean errors over the mean square of one, each
/// in units of its kind's spread. Nothing where no chip has two kinds.
std::optional<double> correlation(const std::map<KernelKind, std::vector<ChipValue>>& by_kind,
                                  const Calibration& c) {
  std::map<std::string, std::vector<double>> means;  // of each kind measured on the chip
  for (const auto& [kind, values] : by_kind) {
    const auto residual = c.kernel_residuals.find(kind);
    if (residual == c.kernel_residuals.end()) continue;
    const double unit = log_half_width(spread(residual->second));
    if (unit <= 0) continue;  // predicted exactly
    std::map<std::string, std::pair<double, double>> sums;
    for (const ChipValue& v : values) {
      sums[v.chip].first += v.value / unit;
      sums[v.chip].second += 1;
    }
    for (const auto& [chip, sum] : sums) means[chip].push_back(sum.first / sum.second);
  }
  double products = 0, pairs = 0, squares = 0, singles = 0;
  for (const auto& [chip, kinds] : means) {
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      squares += kinds[i] * kinds[i];
      ++singles;
      for (std::size_t j = 0; j < i; ++j) {
        products += kinds[i] * kinds[j];
        ++pairs;
      }
    }
  }
  if (pairs == 0 || squares == 0) return std::nullopt;
  return std::clamp(products / pairs / (squares / singles), 0.0, 1.0);
}

Residual residual_of(const Quantiles& q, double unit, std::size_t rows) {
  return {std::exp(q.low * unit), std::exp(q.high * unit), static_cast<int>(rows)};
}

}  // namespace

std::optional<Quantiles> conformal_quantiles(std::vector<ChipValue> values) {
  if (static_cast<int>(values.size()) < kLeastRows) return std::nullopt;
  std::stable_sort(values.begin(), values.end(),
                   [](const ChipValue& a, const ChipValue& b) { return a.value < b.value; });
  return Distribution(values, "").quantiles(level_held(values));
}

void set_residuals(const std::vector<LeftOutError>& errors, const std::string& except, Calibration& c) {
  std::map<KernelKind, std::vector<ChipValue>> by_kind;
  for (const LeftOutError& e : errors) {
    if (e.chip != except && !e.step && e.time_by_kind.size() == 1)
      by_kind[e.time_by_kind.begin()->first].push_back({e.chip, e.log_ratio});
  }
  for (const auto& [kind, values] : by_kind) {
    if (const auto q = conformal_quantiles(values))
      c.kernel_residuals[kind] = residual_of(*q, 1, values.size());
  }
  c.kind_correlation = correlation(by_kind, c).value_or(c.kind_correlation);

  std::vector<double> composed;
  std::vector<ChipValue> in_units;  // of what the step's kernels compose to
  for (const LeftOutError& e : errors) {
    if (e.chip == except || !e.step) continue;
    const double width = log_half_width(compose(e.time_by_kind, c));
    if (width <= 0) continue;  // of kernels predicted exactly: nothing to scale
    composed.push_back(width);
    in_units.push_back({e.chip, e.log_ratio / width});
  }
  if (const auto q = conformal_quantiles(in_units)) {
    const auto middle = static_cast<std::ptrdiff_t>(composed.size() / 2);
    std::nth_element(composed.begin(), composed.begin() + middle, composed.end());
    c.step_composed = composed[static_cast<std::size_t>(middle)];
    c.step_residual = residual_of(*q, *c.step_composed, in_units.size());
  }
}

}  // namespace roofcast
