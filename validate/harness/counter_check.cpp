// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/counter_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/kernels/estimate.h"
#include "validate/harness/case.h"
#include "validate/harness/op_text.h"

namespace roofcast::harness {
namespace {

std::optional<double> median(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

}  // namespace

std::map<std::string, CounterCheck> check_counters(const std::vector<Record>& records, const Gpu& gpu,
                                                   const Calibration& calibration) {
  struct Ratios {
    std::size_t rows = 0;
    std::vector<double> flops, dram_bytes;
  };
  std::map<std::string, Ratios> kinds;
  for (const Record& r : records) {
    if (!r.ok() || !(r.counted_flops || r.counted_dram_bytes)) continue;
    const ParsedOp parsed = parse_op_text(r.subject);
    if (std::holds_alternative<Conv2d>(parsed.op) && r.provider == kOwnConvolution) continue;
    Kernel k;
    k.op = parsed.op;
    k.numerics = parse_numerics_text(r.numerics);
    k.channels_last = parsed.channels_last;
    const Estimate e = estimate(k, gpu, calibration);
    const bool tensor = k.numerics.path == Path::tensor_core;
    Ratios& ratios =
        kinds[fmt::format("{}/{}{}", name(kind(k.op)), name(k.numerics.math), tensor ? " tensor" : "")];
    ++ratios.rows;
    if (r.counted_flops && !tensor && k.numerics.math == NumberFormat::fp32 && e.flops.value > 0)
      ratios.flops.push_back(*r.counted_flops / e.flops.value);
    if (r.counted_dram_bytes && e.dram_bytes.value > 0)
      ratios.dram_bytes.push_back(*r.counted_dram_bytes / e.dram_bytes.value);
  }
  std::map<std::string, CounterCheck> result;
  for (auto& [kind, ratios] : kinds)
    result[kind] = {ratios.rows, median(std::move(ratios.flops)), median(std::move(ratios.dram_bytes))};
  return result;
}

}  // namespace roofcast::harness
