// Adding a layer: read every text, resolve inheritance across them, then replace or append.
// SPDX-License-Identifier: Apache-2.0
#include "hwdb/contents.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>

#include "hwdb/board_table.h"
#include "hwdb/nearest.h"
#include "hwdb/peak_table.h"

namespace roofcast {
namespace {

template <class Items, class Key>
auto find_by(Items& items, std::string_view name, Key key) {
  return std::find_if(items.begin(), items.end(), [&](const auto& item) { return item.*key == name; });
}

template <class Item, class Key>
void put(std::vector<Item>& items, Item item, Key key) {
  const auto same = find_by(items, item.*key, key);
  if (same == items.end()) {
    items.push_back(std::move(item));
  } else {
    *same = std::move(item);
  }
}

constexpr int kLongestChain = 32;  // of boards that inherit one another

struct PendingBoard {
  TomlTable table;
  std::string slug;
  std::optional<Gpu> gpu;
  bool visiting = false;
};

/// Sections [[gpu]], [families], [aliases], [claims]; a text without them is one board at its root.
class Layer {
 public:
  explicit Layer(Contents below) : contents_(std::move(below)) {}

  void read(const TomlText& text) {
    files_.push_back(text.file);
    roots_.push_back(parse_toml(text.text, text.file));
    const TomlTable root(roots_.back(), files_.back(), "");
    if (roots_.back().empty()) root.fail("", "holds no board, family, alias or published peak");
    const bool sections = root.has("gpu") || root.has("families") || root.has("aliases");
    if (!sections && !(root.has("claims") && roots_.back().size() == 1)) return add_board(root);
    constexpr std::string_view known[] = {"gpu", "families", "aliases", "claims"};
    root.allow(known);
    for (const TomlTable& board : root.tables("gpu", "gpu")) add_board(board);
    each(root, "families",
         [this](const TomlTable& table, const std::string& key) { add_family(table, key); });
    if (root.has("aliases")) alias_tables_.push_back(root.table("aliases", "aliases"));
    each(root, "claims", [this](const TomlTable& table, const std::string& key) { add_peaks(table, key); });
  }

  Contents finish(Contradictions contradictions) {
    for (PendingBoard& board : boards_) resolve(board);
    for (PendingBoard& board : boards_) put(contents_.gpus, *board.gpu, &Gpu::slug);
    for (const TomlTable& table : alias_tables_) read_aliases(table);
    for (const LocatedPeak& located : peaks_) check_peak(located, contradictions);
    return std::move(contents_);
  }

  std::vector<std::string> slugs_of_layer() const {
    std::vector<std::string> slugs;
    for (const PendingBoard& board : boards_) slugs.push_back(board.slug);
    return slugs;
  }

 private:
  template <class Visit>
  static void each(const TomlTable& root, std::string_view key, Visit visit) {
    if (!root.has(key)) return;
    const TomlTable section = root.table(key, std::string(key));
    for (const std::string& name : section.keys())
      visit(section.table(name, fmt::format("{}.{}", key, name)), name);
  }

  void add_board(TomlTable table) {
    const std::string slug = read_slug(table, "slug");
    table.rename("gpu " + slug);
    if (const auto same = find_by(boards_, slug, &PendingBoard::slug); same != boards_.end()) {
      table.fail("slug", fmt::format("slug = \"{}\" is given twice, first in {}", slug, same->table.file()));
    }
    if (table.has("claims")) add_peaks(table.table("claims", slug + ": claims"), slug);
    boards_.push_back({table, slug, std::nullopt, false});
  }

  void add_family(const TomlTable& table, const std::string& name) {
    if (!layer_families_.insert(name).second) table.fail("", "the family is given twice");
    put(contents_.families, read_family(table, name), &Family::name);
  }

  void add_peaks(const TomlTable& table, const std::string& slug) {
    for (LocatedPeak& peak : read_peaks(table, slug)) peaks_.push_back(std::move(peak));
  }

  /// The board named by `inherit`: of this layer, or below it (where it may have the same slug).
  const Gpu* parent_of(const PendingBoard& board, int depth) {
    if (!board.table.has("inherit")) return nullptr;
    const std::string slug = board.table.text("inherit");
    const auto here = find_by(boards_, slug, &PendingBoard::slug);
    if (slug != board.slug && here != boards_.end()) {
      if (here->visiting) board.table.fail("inherit", fmt::format("inherit = \"{}\" goes in a circle", slug));
      if (depth == kLongestChain) {
        board.table.fail("inherit", fmt::format("inherit: a chain of more than {} boards", kLongestChain));
      }
      return &resolve(*here, depth + 1);
    }
    const Gpu* below = find_gpu(contents_, slug);
    const auto alias = find_by(contents_.aliases, slug, &Alias::name);
    if (below == nullptr && alias != contents_.aliases.end()) below = find_gpu(contents_, alias->slug);
    if (below != nullptr) return below;
    if (slug == board.slug) board.table.fail("inherit", "the board inherits itself");
    board.table.fail("inherit",
                     fmt::format("inherit = \"{}\": unknown board{}", slug, did_you_mean(slug, slugs())));
  }

  const Family* family_of(const PendingBoard& board, const Gpu* parent) const {
    if (!board.table.has("family")) {
      if (parent == nullptr)
        board.table.fail("", "family is missing (or inherit, to start from another board)");
      return nullptr;
    }
    const std::string name = board.table.text("family");
    const auto found = find_by(contents_.families, name, &Family::name);
    if (found != contents_.families.end()) return &*found;
    std::vector<std::string_view> known;
    for (const Family& family : contents_.families) known.push_back(family.name);
    board.table.fail("family",
                     fmt::format("family = \"{}\": unknown family{}", name, did_you_mean(name, known)));
  }

  const Gpu& resolve(PendingBoard& board, int depth = 0) {
    if (board.gpu) return *board.gpu;
    board.visiting = true;
    const Gpu* parent = parent_of(board, depth);
    const Family* family = family_of(board, parent);
    board.gpu = read_board(board.table, parent, family);
    board.visiting = false;
    return *board.gpu;
  }

  std::vector<std::string_view> slugs() const {
    std::vector<std::string_view> names;
    for (const Gpu& gpu : contents_.gpus) names.push_back(gpu.slug);
    for (const PendingBoard& board : boards_) names.push_back(board.slug);
    return names;
  }

  /// p4000 = "quadro-p4000", or a100 = { slug = "...", also = ["..."], note = "..." }.
  void read_aliases(const TomlTable& table) {
    for (const std::string& key : table.keys()) {
      Alias alias{key, "", {}, ""};
      if (table.is_table(key)) {
        constexpr std::string_view known[] = {"slug", "also", "note"};
        const TomlTable entry = table.table(key, "alias " + key);
        entry.allow(known);
        alias.slug = entry.text("slug");
        if (entry.has("also")) alias.others = entry.texts("also");
        if (entry.has("note")) alias.note = entry.text("note");
      } else {
        alias.slug = table.text(key);
      }
      std::vector<std::string> named = alias.others;
      named.push_back(alias.slug);
      for (const std::string& slug : named) {
        if (find_gpu(contents_, slug) == nullptr) {
          table.fail(key, fmt::format("{}: unknown board {}{}", key, slug, did_you_mean(slug, slugs())));
        }
      }
      put(contents_.aliases, std::move(alias), &Alias::name);
    }
  }

  void check_peak(const LocatedPeak& located, Contradictions contradictions) {
    const Gpu* gpu = find_gpu(contents_, located.peak.slug);
    if (gpu == nullptr) {
      located.table.fail("", fmt::format("unknown board{}", did_you_mean(located.peak.slug, slugs())));
    }
    for (const PeakComparison& comparison : compare(*gpu, located.peak)) {
      if (contradictions == Contradictions::refuse && comparison.verdict == PeakVerdict::contradicts) {
        located.table.fail("", explain(*gpu, located.peak, comparison));
      }
    }
    contents_.peaks.push_back(located.peak);
  }

  Contents contents_;
  std::deque<std::string> files_;  // deques: tables refer to their elements
  std::deque<toml::table> roots_;
  std::deque<PendingBoard> boards_;
  std::set<std::string> layer_families_;
  std::vector<TomlTable> alias_tables_;
  std::vector<LocatedPeak> peaks_;
};

}  // namespace

std::vector<std::string> add_layer(Contents& contents, std::span<const TomlText> texts,
                                   Contradictions contradictions) {
  Layer layer(contents);
  for (const TomlText& text : texts) layer.read(text);
  contents = layer.finish(contradictions);
  return layer.slugs_of_layer();
}

const Gpu* find_gpu(const Contents& contents, std::string_view slug) {
  const auto found = find_by(contents.gpus, slug, &Gpu::slug);
  return found == contents.gpus.end() ? nullptr : &*found;
}

}  // namespace roofcast
