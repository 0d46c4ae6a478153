// SPDX-License-Identifier: Apache-2.0
#include "validate/measurements.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <sstream>
#include <unordered_map>

#include "hwdb/input_error.h"
#include "hwdb/read_file.h"
#include "validate/find_files.h"
#include "validate/traces/kineto.h"
#include "validate/traces/nvtx.h"

namespace roofcast {
namespace {

/// Boards by the names files use; nullptr for unknown ones. A name is looked up once.
class Boards {
 public:
  explicit Boards(const BoardLookup& lookup) : lookup_(lookup) {}
  const Gpu* find(const std::string& device) {
    if (const auto known = known_.find(device); known != known_.end()) return known->second.get();
    const auto gpu = lookup_(device);
    return known_.emplace(device, gpu ? std::make_unique<Gpu>(*gpu) : nullptr).first->second.get();
  }

 private:
  const BoardLookup& lookup_;
  std::unordered_map<std::string, std::unique_ptr<Gpu>> known_;
};

/// The rules that apply to one file, bound to its columns.
struct BoundRules {
  struct Standard {
    std::string reason;
    std::optional<BoundFilter> where, except;
    bool drops(const CsvRow& row, const RowFacts& facts) const {
      if (where) return !where->keeps(row, facts);
      return !except || except->keeps(row, facts);
    }
  };
  std::vector<Standard> standard;
  std::vector<std::pair<BoundFilter, std::string>> skips;
  BoundFilter where;

  BoundRules(const Profiles& profiles, const ReadOptions& options, std::string_view layout,
             const CsvHeader& header, bool named)
      : where(options.where, header) {
    for (const Profiles::SkipRule& rule : profiles.skips) {
      if (layout_matches(rule.layout, layout))
        skips.emplace_back(BoundFilter(rule.where, header, MissingColumn::fails), rule.reason);
    }
    for (const Profiles::StandardFilter& f : profiles.filters) {
      const bool applies =
          options.standard_filters && layout_matches(f.layout, layout) && !(f.diagnosis && named);
      if (!applies) continue;
      Standard bound{f.reason(), {}, {}};
      if (f.where) bound.where.emplace(*f.where, header);
      if (f.except) bound.except.emplace(*f.except, header, MissingColumn::fails);
      standard.push_back(std::move(bound));
    }
  }
};

struct OpenedFile {
  std::unique_ptr<CsvReader> rows;
  std::string_view read_as;  // what was turned into rows; empty where the file holds rows itself
};

/// A CSV file; a trace of the PyTorch profiler, or kernels under NVTX ranges, turned into rows.
OpenedFile open_rows(const std::string& path) {
  const std::string json = ".json";
  const bool trace =
      path.size() > json.size() && path.compare(path.size() - json.size(), json.size(), json) == 0;
  OpenedFile opened;
  std::string rows;
  if (trace) {
    opened.read_as = "pytorch/trace";
    rows = kineto_rows(parse_kineto(read_text_file(path), path));
  } else {
    opened.rows = std::make_unique<CsvReader>(std::filesystem::path(path));
    const Layout* layout = recognise(opened.rows->header());
    if (layout == nullptr || layout->name != kNvtxLayout) return opened;
    opened.read_as = kNvtxLayout;
    rows = nvtx_rows(*opened.rows);
  }
  opened.rows = std::make_unique<CsvReader>(std::make_unique<std::istringstream>(rows), path);
  return opened;
}

struct Reader {
  const ReadOptions& options;
  const Profiles& profiles;
  const std::function<void(const Reading&)>& use;
  Boards boards;
  std::set<std::string> known_columns = {};  // of `where`

  void read(const FoundFile& found, ReadSummary& summary) {
    const OpenedFile opened = open_rows(found.path);
    CsvReader& csv = *opened.rows;
    const Layout* layout = recognise(csv.header());
    if (layout == nullptr || !layout->has_times()) {
      const std::string reason = layout == nullptr
                                     ? "not a layout of measurements: " + nearest_layout(csv.header())
                                     : std::string(layout->name) + ": holds no times";
      if (found.named) throw InputError(found.path, 1, 0, reason);
      summary.left_out.push_back({found.path, reason});
      return;
    }
    for (const Condition& c : options.where.conditions()) {
      if (BoundFilter::knows(csv.header(), c.column)) known_columns.insert(c.column);
    }
    const BoundRules rules(profiles, options, layout->name, csv.header(), found.named);
    FileRead& file = summary.files.emplace_back(
        FileRead{found.path, std::string(opened.read_as.empty() ? layout->name : opened.read_as), 0, {}});
    for (const auto& standard : rules.standard) file.filters.push_back(standard.reason);
    const RowReader reader = layout->open(csv.header(), profiles);
    Observation observation;
    while (csv.next()) {
      reader(csv.row(), observation);
      observation.line = csv.row().line();
      pass_on(csv, *layout, rules, observation);
      ++file.rows;
    }
  }

  void pass_on(const CsvReader& csv, const Layout& layout, const BoundRules& rules,
               Observation& observation) {
    const CsvRow& row = csv.row();
    if (observation.device.empty())
      row.fail(csv.header().at("device"), "is empty: which board was measured?");
    const Gpu* gpu = boards.find(observation.device);
    RowFacts facts{.layout = layout.name, .kind = observation.kind, .device = observation.device};
    if (gpu != nullptr) {
      facts.slug = gpu->slug;
      facts.chip = gpu->chip;
      facts.architecture = gpu->architecture;
    }
    if (observation.measured) facts.measured_ms = in_milliseconds(*observation.measured);
    for (const auto& [where, reason] : rules.skips) {
      if (!where.keeps(row, facts)) continue;
      observation.subject = Unmodelled{reason};
      break;
    }
    std::string_view filtered;
    for (const auto& standard : rules.standard) {
      if (filtered.empty() && standard.drops(row, facts)) filtered = standard.reason;
    }
    use({csv.file(), layout, csv.header(), row, facts, observation, gpu, filtered,
         rules.where.keeps(row, facts)});
  }
};

}  // namespace

ReadSummary read_measurements(const std::vector<std::string>& paths, const ReadOptions& options,
                              const BoardLookup& boards, const Profiles& profiles,
                              const std::function<void(const Reading&)>& use) {
  ReadSummary summary;
  Reader reader{options, profiles, use, Boards(boards)};
  for (const FoundFile& found : find_files(paths)) reader.read(found, summary);
  for (const Condition& c : options.where.conditions()) {
    if (!summary.files.empty() && reader.known_columns.count(c.column) == 0) {
      throw InputError(fmt::format("--where: none of the files has a column '{}'", c.column));
    }
  }
  return summary;
}

}  // namespace roofcast
