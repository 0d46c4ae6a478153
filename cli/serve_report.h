// What `roofcast serve` prints.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/options.h"
#include "model/forecast/serving.h"

namespace roofcast::cli {

struct ServingQuestion {
  ServingJob job;  // batch is filled in per answer
  Gpu gpu;
  std::vector<std::string> assumed;
};

/// "fp8" of --kv; nothing where it is not given.
std::optional<NumberFormat> given_cache_type(const po::variables_map& values);

/// "int8", "q4_k_m" ...: what --weights takes.
std::vector<std::string> weight_recipe_names();

std::string serving_assumed(const ServingQuestion& q, Format format);
std::string serving_report(const ServingQuestion& q, const std::vector<Serving>& answers, Format format);

}  // namespace roofcast::cli
