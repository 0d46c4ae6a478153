// Which rows count: 'latency_ms>=0.2,gpus=1,confidence=high|medium'.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "validate/csv.h"

namespace roofcast {

/// What every row has, whatever its file's columns are.
struct RowFacts {
  std::string_view layout = {};        // "neusight/gemm"
  std::string_view kind = {};          // "linear", "resnet50/amp_fp16"
  std::string_view device = {};        // as the file names it
  std::string_view slug = {};          // the board's, after aliases; empty where the board is unknown
  std::string_view chip = {};          // "GV100"
  std::string_view architecture = {};  // "Volta"
  std::optional<double> measured_ms = {};
};

/// COLUMN OP VALUE: = and != take several values split by '|', the orders one number.
struct Condition {
  enum class Comparison { equal, not_equal, less, less_equal, greater, greater_equal };
  struct Value {
    std::string text;
    std::optional<double> number;
  };
  std::string column;
  Comparison comparison = Comparison::equal;
  std::vector<Value> values;
  bool holds(std::string_view cell) const;
};

/// All conditions must hold. A condition names a column of the file, or else one of layout, kind, slug, chip,
/// architecture, measured_ms (the time the row is scored on); `device` matches the file's name of the board and its
/// slug. An empty cell satisfies no order. Numbers compare as numbers: gpus=1 holds for "1.0".
class Filter {
 public:
  /// `what` names the text in messages: "--where". Throws InputError. The empty text keeps every row.
  static Filter parse(std::string_view text, std::string_view what);

  const std::string& text() const { return text_; }
  const std::vector<Condition>& conditions() const { return conditions_; }
  bool empty() const { return conditions_.empty(); }

 private:
  std::string text_;
  std::vector<Condition> conditions_;
};

/// What becomes of a condition on a column the file lacks.
enum class MissingColumn { passes, fails };

/// A filter bound to the columns of one file.
class BoundFilter {
 public:
  BoundFilter(const Filter& filter, const CsvHeader& header, MissingColumn missing = MissingColumn::passes);
  bool keeps(const CsvRow& row, const RowFacts& facts) const;
  /// Whether a condition on this column has a meaning for a file with this header.
  static bool knows(const CsvHeader& header, std::string_view column);

 private:
  enum class Source { cell, device, layout, kind, slug, chip, architecture, measured_ms };
  static std::optional<Source> source_of(const CsvHeader& header, std::string_view column);
  struct Test {
    Condition condition;
    Source source;
    std::size_t column = 0;  // of a cell
  };
  std::vector<Test> tests_;
  bool never_ = false;
};

}  // namespace roofcast
