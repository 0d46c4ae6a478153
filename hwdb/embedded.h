// The TOML files of the base as texts inside the binary.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace roofcast {

struct EmbeddedFile {
  std::string_view name;  // "gpus/pascal.toml"
  std::string_view text;
};

/// Every file of hwdb/ and hwdb/gpus/ at the time of the build.
std::span<const EmbeddedFile> embedded_files();

/// The text of one file, e.g. "calibration.toml"; empty where the build had none of that name.
std::string_view embedded_file(std::string_view name);

}  // namespace roofcast
