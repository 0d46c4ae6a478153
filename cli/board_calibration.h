// Constants fitted to a user's own boards: where they lie, and which a forecast uses.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "cli/options.h"

namespace roofcast::cli {

/// $ROOFCAST_HWDB/calibration/SLUG.toml where that folder is set, else $XDG_CONFIG_HOME/roofcast/calibration/SLUG.toml, else
/// the same below ~/.config. Empty where none of the variables is set.
std::filesystem::path board_calibration_path(const std::string& slug);

/// The constants of each board: those of --calibration for all, else those its owner fitted, else the built-in ones.
class Calibrations {
 public:
  /// Throws InputError where --calibration cannot be read.
  explicit Calibrations(const po::variables_map& values);

  /// Of a board whose figures are those of the base, by its slug. Throws InputError where its file is damaged.
  const Calibration& of(const Gpu& gpu) const;
  /// "constants measured on this board on 2026-11-25 (PATH)"; "" where they were not.
  std::string remark(const Gpu& gpu) const;

 private:
  struct Own {
    std::filesystem::path path;
    Calibration calibration;
  };
  const Own* own(const std::string& slug) const;

  bool named_;  // --calibration
  Calibration common_;
  mutable std::map<std::string, std::optional<Own>> own_;
};

}  // namespace roofcast::cli
