// From what a user typed to a board.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "hwdb/hwdb.h"
#include "hwdb/nearest.h"
#include "hwdb/read_file.h"

namespace roofcast {
namespace {

/// Letters and digits in lower case, without the words NVIDIA, GeForce and AMD: "NVIDIA GeForce RTX 3060" and
/// "rtx-3060" both become "rtx3060".
std::string normalised(std::string_view text) {
  std::string result, word;
  const auto finish = [&] {
    if (word != "nvidia" && word != "geforce" && word != "amd") result += word;
    word.clear();
  };
  for (const char c : text) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      word += upper ? static_cast<char>(c - 'A' + 'a') : c;
    } else {
      finish();
    }
  }
  finish();
  return result;
}

std::string remark(const Alias& alias, const Gpu& gpu) {
  if (alias.others.empty() && alias.note.empty()) return "";
  std::string text = fmt::format("{} stands for {} ({})", alias.name, gpu.name, gpu.slug);
  if (!alias.note.empty()) text += ": " + alias.note;
  if (alias.others.empty()) return text;
  return text + fmt::format("; it could also mean {}", fmt::join(alias.others, ", "));
}

[[noreturn]] void refuse(const std::string& name, const Contents& contents) {
  std::vector<std::string_view> known;
  for (const Gpu& gpu : contents.gpus) known.push_back(gpu.slug);
  for (const Alias& alias : contents.aliases) known.push_back(alias.name);
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c == ' ' ? '-' : c;
  });
  std::string shown = name.substr(0, 60);
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; },
      '?');
  const std::string hint = did_you_mean(lower, known);
  throw InputError(
      fmt::format("unknown GPU '{}'{}", shown, hint.empty() ? "; `roofcast gpus` lists those known" : hint));
}

/// The one board that a file defines, on top of `contents`.
Gpu read_board_file(Contents contents, const std::string& path) {
  const std::string text = read_text_file(path);
  const TomlText file{text, path};
  const std::vector<std::string> slugs = add_layer(contents, std::span(&file, 1), Contradictions::refuse);
  if (slugs.size() != 1) {
    throw InputError(fmt::format("{}: defines {} boards, one is needed{}", path, slugs.size(),
                                 slugs.empty() ? "" : "; --hwdb FOLDER adds several"));
  }
  return *find_gpu(contents, slugs.front());
}

}  // namespace

Resolution Hwdb::resolve(std::string_view name) const {
  if (name.ends_with(".toml")) return {read_board_file(contents_, std::string(name)), ""};
  if (const Gpu* gpu = find(name)) return {*gpu, ""};
  for (const Alias& alias : aliases()) {
    if (alias.name == name) return {*find(alias.slug), remark(alias, *find(alias.slug))};
  }
  const std::string wanted = normalised(name);
  for (const Gpu& gpu : gpus()) {
    if (!wanted.empty() && (normalised(gpu.slug) == wanted || normalised(gpu.name) == wanted))
      return {gpu, ""};
  }
  for (const Alias& alias : aliases()) {
    if (!wanted.empty() && normalised(alias.name) == wanted) {
      return {*find(alias.slug), remark(alias, *find(alias.slug))};
    }
  }
  refuse(std::string(name), contents_);
}

}  // namespace roofcast
