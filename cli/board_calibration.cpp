// SPDX-License-Identifier: Apache-2.0
#include "cli/board_calibration.h"

#include <fmt/format.h>

#include <cstdlib>

#include "hwdb/read_file.h"

namespace roofcast::cli {

std::filesystem::path board_calibration_path(const std::string& slug) {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::filesystem::path(value == nullptr ? "" : value);
  };
  const std::string file = slug + ".toml";
  if (const auto folder = variable("ROOFCAST_HWDB"); !folder.empty()) return folder / "calibration" / file;
  if (const auto folder = variable("XDG_CONFIG_HOME"); !folder.empty())
    return folder / "roofcast" / "calibration" / file;
  if (const auto folder = variable("HOME"); !folder.empty())
    return folder / ".config" / "roofcast" / "calibration" / file;
  return {};
}

Calibrations::Calibrations(const po::variables_map& values)
    : named_(values.count("calibration") != 0), common_(open_calibration(values)) {}

const Calibrations::Own* Calibrations::own(const std::string& slug) const {
  if (named_) return nullptr;
  const auto [entry, added] = own_.try_emplace(slug);
  if (added) {
    const std::filesystem::path path = board_calibration_path(slug);
    if (std::error_code error; !path.empty() && std::filesystem::is_regular_file(path, error)) {
      try {
        entry->second = Own{path, parse_calibration(read_text_file(path), path.string())};
      } catch (const InputError& e) {  // the user did not name this file
        throw InputError(std::string(e.what()) +
                         "; it holds constants fitted to this board: fit them again or delete it");
      }
    }
  }
  return entry->second ? &*entry->second : nullptr;
}

const Calibration& Calibrations::of(const Gpu& gpu) const {
  const Own* found = own(gpu.slug);
  return found != nullptr ? found->calibration : common_;
}

std::string Calibrations::remark(const Gpu& gpu) const {
  const Own* found = own(gpu.slug);
  if (found == nullptr) return "";
  return fmt::format("constants measured on this board on {} ({})", found->calibration.provenance.date,
                     found->path.string());
}

}  // namespace roofcast::cli
