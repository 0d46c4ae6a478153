// The base: embedded files, then what the user lays over them.
// SPDX-License-Identifier: Apache-2.0
#include "hwdb/hwdb.h"

#include <algorithm>
#include <deque>

#include "hwdb/embedded.h"
#include "hwdb/read_file.h"

namespace roofcast {
namespace {

constexpr std::string_view kPeaks = "published_peaks.toml";
constexpr std::string_view kCalibration = "calibration.toml";

void list_toml(const std::filesystem::path& folder, std::vector<std::filesystem::path>& paths) {
  std::error_code error;
  std::filesystem::directory_iterator entries(folder, error);
  if (error) throw InputError(folder.string() + ": the folder cannot be read");
  for (const auto& entry : entries) {
    const std::filesystem::path& path = entry.path();
    if (path.extension() == ".toml" && path.filename() != kCalibration) paths.push_back(path);
  }
}

}  // namespace

Hwdb Hwdb::embedded() {
  std::vector<TomlText> texts;
  for (const EmbeddedFile& file : embedded_files()) {
    if (file.name != kPeaks && file.name != kCalibration)
      texts.push_back({file.text, "hwdb/" + std::string(file.name)});
  }
  Hwdb base;
  add_layer(base.contents_, texts, Contradictions::refuse);
  return base;
}

void Hwdb::add_published_peaks(Contradictions contradictions) {
  add(embedded_file(kPeaks), "hwdb/" + std::string(kPeaks), contradictions);
}

void Hwdb::overlay(const std::filesystem::path& folder, Contradictions contradictions) {
  if (!std::filesystem::exists(folder)) throw InputError(folder.string() + ": no such folder");
  if (!std::filesystem::is_directory(folder)) throw InputError(folder.string() + ": is not a folder");
  std::vector<std::filesystem::path> paths;
  list_toml(folder, paths);
  if (std::filesystem::is_directory(folder / "gpus")) list_toml(folder / "gpus", paths);
  if (paths.empty()) throw InputError(folder.string() + ": holds no .toml file");
  std::sort(paths.begin(), paths.end());
  std::deque<std::string> contents;
  std::vector<TomlText> texts;
  for (const std::filesystem::path& path : paths) {
    texts.push_back({contents.emplace_back(read_text_file(path)), path.string()});
  }
  add_layer(contents_, texts, contradictions);
}

void Hwdb::add(std::string_view toml_text, const std::string& file, Contradictions contradictions) {
  const TomlText text{toml_text, file};
  add_layer(contents_, std::span(&text, 1), contradictions);
}

}  // namespace roofcast
