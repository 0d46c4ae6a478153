// The base of GPUs: embedded TOML, overlaid by a user's folder or file.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "hwdb/contents.h"
#include "hwdb/input_error.h"
#include "model/gpu/gpu.h"
#include "model/kernels/calibration.h"

namespace roofcast {

/// What a name resolved to, and what the user should be told about it ("" when the name was exact).
struct Resolution {
  Gpu gpu;
  std::string remark;  // "a100 stands for A100 SXM4 40GB (also: a100-pcie-40gb, ...)"
};

class Hwdb {
 public:
  /// The base built into the binary.
  static Hwdb embedded();

  /// Adds or overrides the boards, families and aliases of every *.toml of a folder and of its folder `gpus`;
  /// calibration.toml is left out. Throws InputError naming file, line and reason.
  void overlay(const std::filesystem::path& folder, Contradictions contradictions = Contradictions::refuse);

  /// Adds what one TOML text defines; `file` is only for messages. Boards may `inherit` ones already known.
  void add(std::string_view toml_text, const std::string& file,
           Contradictions contradictions = Contradictions::refuse);

  const std::vector<Gpu>& gpus() const { return contents_.gpus; }
  const std::vector<Alias>& aliases() const { return contents_.aliases; }

  /// The peaks that added texts claim; those of the embedded base are read by add_published_peaks alone.
  const std::vector<PublishedPeak>& published_peaks() const { return contents_.peaks; }
  void add_published_peaks(Contradictions contradictions = Contradictions::refuse);

  /// A slug, an alias, a spelling that differs in case, blanks or punctuation, or the path of a .toml file with one
  /// board. Throws InputError that suggests the nearest names.
  Resolution resolve(std::string_view name) const;

  /// nullptr where the exact slug is unknown.
  const Gpu* find(std::string_view slug) const { return find_gpu(contents_, slug); }

 private:
  Contents contents_;
};

/// The calibration built into the binary.
Calibration embedded_calibration();
/// Throws InputError. Every constant the model needs must be there, finite and within its bounds.
Calibration parse_calibration(std::string_view toml_text, const std::string& file);
std::string write_calibration(const Calibration& calibration);

}  // namespace roofcast
