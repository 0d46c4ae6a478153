// Reading boards and families.
// SPDX-License-Identifier: Apache-2.0
#include "hwdb/board_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "hwdb/check_gpu.h"
#include "hwdb/gpu_fields.h"
#include "hwdb/rate_table.h"

namespace roofcast {
namespace {

constexpr std::size_t kLongestSlug = 64;

std::vector<Note> read_notes(const TomlTable& table) {
  constexpr std::string_view known[] = {"topic", "text"};
  std::vector<Note> notes;
  for (const TomlTable& note : table.tables("notes", table.subject() + ": notes")) {
    note.allow(known);
    notes.push_back({note.text("topic"), note.text("text")});
  }
  return notes;
}

/// A note of the family gives way to one of the board on the same topic.
void add_notes(std::vector<Note>& notes, const std::vector<Note>& of_family) {
  for (const Note& note : of_family) {
    const auto same = [&](const Note& own) { return own.topic == note.topic; };
    if (std::none_of(notes.begin(), notes.end(), same)) notes.push_back(note);
  }
}

/// [figure_sources] becomes "l2_mib: deviceQuery" among the sources.
std::vector<std::string> read_sources(const TomlTable& table) {
  std::vector<std::string> sources;
  if (table.has("sources")) sources = table.texts("sources");
  if (!table.has("figure_sources")) return sources;
  const TomlTable figures = table.table("figure_sources", table.subject() + ": figure_sources");
  figures.allow(field_keys());
  for (const std::string& key : figures.keys()) sources.push_back(key + ": " + figures.text(key));
  return sources;
}

/// Sources of the parent stay, except those of figures that the board gives itself.
void inherit_sources(std::vector<std::string>& sources, const Gpu& parent, const TomlTable& table) {
  sources.push_back("other figures as " + parent.slug);
  for (const std::string& source : parent.sources) {
    const std::size_t colon = source.find(": ");
    const bool replaced = colon != std::string::npos && table.has(source.substr(0, colon));
    if (!replaced && std::find(sources.begin(), sources.end(), source) == sources.end())
      sources.push_back(source);
  }
}

}  // namespace

std::string read_slug(const TomlTable& table, std::string_view key) {
  const std::string slug = table.text(key);
  const bool plain = std::all_of(slug.begin(), slug.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
  if (!plain || slug.size() > kLongestSlug || slug.ends_with(".toml")) {
    table.fail(key, fmt::format("{}: lower-case letters, digits, '-' and '.' make a name, at most {} of them",
                                key, kLongestSlug));
  }
  return slug;
}

Family read_family(const TomlTable& table, const std::string& name) {
  std::vector<std::string_view> known = family_field_keys();
  known.insert(known.end(), {"rate_source", "sources", "notes", "cuda_core", "tensor_core"});
  table.allow(known);
  Family family;
  family.name = name;
  family.prototype.family = name;
  family.given = read_fields(family.prototype, table);
  family.prototype.rates = read_rates(table, table.has("rate_source") ? table.text("rate_source") : "");
  if (table.has("sources")) family.prototype.sources = table.texts("sources");
  family.prototype.notes = read_notes(table);
  if (family.prototype.rates.empty()) table.fail("", "[cuda_core] is missing: a family needs rates");
  return family;
}

Gpu read_board(const TomlTable& table, const Gpu* parent, const Family* family) {
  std::vector<std::string_view> known = field_keys();
  known.insert(known.end(), {"slug", "name", "inherit", "family", "rate_source", "sources", "figure_sources",
                             "notes", "claims", "cuda_core", "tensor_core"});
  table.allow(known);
  Gpu gpu = parent != nullptr ? *parent : family->prototype;
  if (family != nullptr) {
    gpu.family = family->name;
    gpu.rates = family->prototype.rates;
  }
  gpu.slug = read_slug(table, "slug");
  const bool named = table.has("name") || parent == nullptr;
  if (named)
    gpu.name = table.text("name");
  else if (parent->slug != gpu.slug)
    gpu.name = fmt::format("{} ({})", parent->name, gpu.slug);
  std::set<std::string_view> given = read_fields(gpu, table);

  override_rates(gpu.rates,
                 read_rates(table, table.has("rate_source") ? table.text("rate_source") : "as the board"));

  const auto place = [](const Rate& rate) { return std::tuple(rate.path, rate.input, rate.accumulate); };
  std::sort(gpu.rates.begin(), gpu.rates.end(),
            [&](const Rate& a, const Rate& b) { return place(a) < place(b); });

  gpu.sources = read_sources(table);
  gpu.notes = read_notes(table);  // notes speak of one board's figures: they are not inherited
  if (parent != nullptr) {
    inherit_sources(gpu.sources, *parent, table);
  } else {
    given.insert(family->given.begin(), family->given.end());
    require_fields(table, given);
    if (gpu.sources.empty()) table.fail("sources", "sources are missing: where do the figures come from?");
    gpu.sources.insert(gpu.sources.end(), family->prototype.sources.begin(), family->prototype.sources.end());
  }
  if (family != nullptr) add_notes(gpu.notes, family->prototype.notes);
  check_gpu(gpu, table);
  return gpu;
}

}  // namespace roofcast
