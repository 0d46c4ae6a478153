// SPDX-License-Identifier: Apache-2.0
#include "model/importers/huggingface/huggingface.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>

#include "model/importers/huggingface/families.h"
#include "model/workloads/names.h"

namespace roofcast {

using namespace huggingface;

const std::vector<std::string>& huggingface_types() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> list;
    for (const Family& family : decoder_families()) list.emplace_back(family.type);
    for (const Family& family : encoder_families()) list.emplace_back(family.type);
    return list;
  }();
  return all;
}

Network import_huggingface(std::string_view json, const std::string& origin) {
  const nlohmann::json root = nlohmann::json::parse(json, nullptr, false);
  if (root.is_discarded()) throw std::invalid_argument(origin + ": not valid JSON");
  if (!root.is_object()) throw std::invalid_argument(origin + ": not a config.json, which is a JSON object");
  const Config config(root, origin);
  if (!config.has("model_type")) {
    config.fail("model_type", fmt::format("is missing: a config.json says which family it is of, one of {}",
                                          fmt::join(huggingface_types(), ", ")));
  }
  const std::string type = config.text("model_type", "");
  for (const auto families : {decoder_families(), encoder_families()}) {
    for (const Family& family : families) {
      if (family.type == type) return family.read(config, "Hugging Face " + type);
    }
  }
  const std::vector<std::string> near = nearest_names(type, huggingface_types());
  config.fail("model_type", fmt::format("is not supported{}; supported are {}",
                                        near.empty() ? "" : " (did you mean " + near.front() + "?)",
                                        fmt::join(huggingface_types(), ", ")));
}

}  // namespace roofcast
