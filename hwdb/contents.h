// What a base holds, and how a layer of TOML texts is added to it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hwdb/alias.h"
#include "hwdb/published_peak.h"
#include "model/gpu/gpu.h"

namespace roofcast {

/// Figures and rates that the boards of a family share.
struct Family {
  std::string name;                  // "gp10x"
  Gpu prototype;                     // with the rates, sources and notes of the family
  std::set<std::string_view> given;  // keys the family sets
};

struct Contents {
  std::vector<Gpu> gpus;
  std::vector<Alias> aliases;
  std::vector<Family> families;
  std::vector<PublishedPeak> peaks;
};

struct TomlText {
  std::string_view text;
  std::string file;  // for messages
};

/// What becomes of a published peak that contradicts the computed one and carries no exception.
enum class Contradictions { refuse, keep };

/// Reads all texts and adds or overrides what they define: families, boards (which may inherit boards of any of the
/// texts or of `contents`), aliases, published peaks. A family that is redefined holds for the boards of this layer;
/// earlier ones keep their rates. Returns the slugs of the boards. Throws InputError and leaves `contents` as it was.
std::vector<std::string> add_layer(Contents& contents, std::span<const TomlText> texts,
                                   Contradictions contradictions);

/// nullptr where the slug is unknown.
const Gpu* find_gpu(const Contents& contents, std::string_view slug);

}  // namespace roofcast
