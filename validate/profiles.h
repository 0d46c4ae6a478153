// What is known about how measured files were made: software stacks, names of workloads, standard filters, bars.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/graph/execution.h"
#include "model/workloads/workload.h"
#include "validate/filter.h"

namespace roofcast {

/// The software that ran a row, and what it did otherwise than the row's columns say by themselves.
struct StackProfile {
  Stack stack = {};
  Host host = {};
  std::optional<Optimizer> optimizer = {};  // not the workload's usual one
  std::optional<Precision> precision = {};  // "fp32" rows that ran as TF32
  std::optional<std::int64_t> batch = {};   // where the row states none
};

/// Rules of one kind apply to a layout, "lambda/training", or to several, "nvidia_dle/*".
struct Profiles {
  struct StackRule {
    std::string layout;
    Filter where;
    StackProfile profile;
  };
  struct SkipRule {
    std::string layout;
    Filter where;
    std::string reason;
  };
  /// Keeps what `where` holds for, or drops what `except` holds for. A diagnosis layout counts only when named.
  struct StandardFilter {
    std::string layout;
    std::optional<Filter> where, except;
    bool diagnosis = false;
    std::string reason() const;  // "filtered: latency_ms>=0.2"
  };
  struct WorkloadName {
    std::vector<std::string> names;
    std::string workload;
    std::optional<Task> task;
  };
  struct Bar {
    std::string name;
    std::string layout;
    Filter where;
    double mean_abs_pct = 0;
  };

  std::vector<StackRule> stacks;
  std::vector<SkipRule> skips;
  std::vector<StandardFilter> filters;
  std::vector<WorkloadName> workloads;
  std::vector<Bar> bars;

  /// The zoo's name and task for a file's name; the name itself where no entry has it.
  WorkloadRequest workload(std::string_view name) const;
};

/// As data files spell them: "squad", "language_model".
std::optional<Task> task_of(std::string_view text);

bool layout_matches(std::string_view pattern, std::string_view layout);

/// Throws InputError.
Profiles parse_profiles(std::string_view toml_text, const std::string& file);

/// Those built into the binary.
const Profiles& profiles();
std::string_view embedded_profiles_text();

/// The stack rules of one layout bound to the columns of one file.
class StackChooser {
 public:
  StackChooser(const Profiles& profiles, std::string_view layout, const CsvHeader& header);
  /// Eager where no rule holds.
  const StackProfile& choose(const CsvRow& row) const;

 private:
  std::vector<std::pair<BoundFilter, StackProfile>> rules_;
  StackProfile eager_;
};

}  // namespace roofcast
