// One board or family as TOML writes it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "hwdb/contents.h"
#include "hwdb/toml_table.h"

namespace roofcast {

/// A slug: lower-case letters, digits, '-' and '.', at most 64 of them. Fails on anything else.
std::string read_slug(const TomlTable& table, std::string_view key);

/// The family `name` of [families.name].
Family read_family(const TomlTable& table, const std::string& name);

/// A board on top of `parent`, the board it inherits, or of `family` where there is none (one of them is given).
/// With both, the rates are the family's.
Gpu read_board(const TomlTable& table, const Gpu* parent, const Family* family);

}  // namespace roofcast
