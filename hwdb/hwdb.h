// The base of GPUs: embedded TOML, overlaid by a user's folder or file.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "hwdb/input_error.h"
#include "model/gpu/gpu.h"
#include "model/kernels/calibration.h"

namespace roofcast {

/// A name that stands for a board. `others` are boards it could also have meant ("a100": SXM4 80 GB, PCIe ...).
struct Alias {
  std::string name;
  std::string slug;
  std::vector<std::string> others;
  std::string note;
};

/// What a name resolved to, and what the user should be told about it ("" when the name was exact).
struct Resolution {
  Gpu gpu;
  std::string remark;  // "a100 stands for A100 SXM4 40GB (also: a100-pcie-40gb, ...)"
};

class Hwdb {
 public:
  /// The base built into the binary.
  static Hwdb embedded();

  /// Adds or overrides every *.toml of a folder. Throws InputError naming file, line and reason.
  void overlay(const std::filesystem::path& folder);

  /// Adds the boards of one TOML text; `file` is only for messages. Boards may `inherit` ones already known.
  void add(std::string_view toml_text, const std::string& file);

  const std::vector<Gpu>& gpus() const { return gpus_; }
  const std::vector<Alias>& aliases() const { return aliases_; }

  /// A slug, an alias, a spelling that differs in case, blanks or punctuation, or the path of a .toml file with one
  /// board. Throws InputError that suggests the nearest names.
  Resolution resolve(std::string_view name) const;

  /// nullptr where the exact slug is unknown.
  const Gpu* find(std::string_view slug) const;

 private:
  std::vector<Gpu> gpus_;
  std::vector<Alias> aliases_;
  struct Family { std::string name; std::vector<Rate> rates; };
  std::vector<Family> families_;
};

/// The calibration built into the binary.
Calibration embedded_calibration();
/// Throws InputError. Every constant the model needs must be there, finite and within its bounds.
Calibration parse_calibration(std::string_view toml_text, const std::string& file);
std::string write_calibration(const Calibration& calibration);

}  // namespace roofcast
