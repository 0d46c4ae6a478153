// How far predictions are from measurements, per file, board and kind. Every row is accounted for.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "validate/measurements.h"
#include "validate/metrics.h"
#include "validate/predictor.h"

namespace roofcast {

/// One row's outcome: a prediction, or the reason there is none.
struct ScoredRow {
  std::string file;
  int line = 0;
  std::string device, kind;
  std::string chip;  // empty where the board is unknown
  std::optional<Seconds> measured, predicted;
  std::optional<Interval> interval;  // 80 %, around `predicted`
  std::string bound, algorithm;
  std::string ran;      // what was recorded to have run, "" where nothing was
  std::string skipped;  // "" where predicted
  double error() const { return relative_error(*predicted, *measured); }
};

/// Rows: rows_total = rows_predicted + the sum of rows_skipped. Rows that --where leaves out are no part of it.
struct Score {
  std::int64_t rows_total = 0;
  std::int64_t rows_outside = 0;  // left out by --where
  std::map<std::string, std::int64_t> rows_skipped;
  Errors errors;
  std::int64_t rows_named = 0;        // predicted rows whose kernel or algorithm was recorded
  std::int64_t rows_named_alike = 0;  // of them those for which the model chose the same
  std::vector<ScoredRow> worst;       // largest absolute errors first

  std::int64_t rows_predicted() const { return static_cast<std::int64_t>(errors.rows()); }
  /// Rows that standard filters left out, whose reasons start with "filtered: ".
  std::int64_t rows_filtered() const;
  void add(const Score& other);
};

struct Group {
  std::string file, layout, device, kind;
  Score score;
};

/// A bar of the profiles that some row belonged to.
struct BarResult {
  std::string name;
  double limit_pct = 0;
  Score score;
  double coverage() const;  // predicted of those that no filter left out
  bool met() const;         // within the limit on at least 90 % of the rows
};

/// What the intervals of rows held.
struct Held {
  Coverage all;
  std::map<KernelKind, Coverage> kernels;  // single ones
  Coverage steps;
};

struct Report {
  std::vector<Group> groups;  // in order of files, then by device and kind
  Score overall;
  ReadSummary read;
  std::vector<BarResult> bars;
  Held held;
  std::vector<std::string> chips_left_out;  // in turn, each predicted without its own rows; else empty
};

/// `sink`, where given, receives every row that was asked for. Throws what read_measurements throws.
Report score(const std::vector<std::string>& paths, const ReadOptions& options, const BoardLookup& boards,
             const Predictor& predictor, const Profiles& profiles,
             const std::function<void(const ScoredRow&)>& sink = {});

}  // namespace roofcast
