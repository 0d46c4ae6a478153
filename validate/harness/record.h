// Rows of board.csv: written as they are measured, read again to resume.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "validate/harness/bench.h"

namespace roofcast::harness {

/// One row. docs/validate.md describes the columns.
struct Record {
  std::string device;      // slug of the base
  std::string section;     // "gemm", or "board" for a property of the board
  std::string subject;     // column "case"
  std::string numerics;    // "fp16/fp16/fp32/tensor_core"
  std::string provider;    // "cuBLAS 13.1"
  std::string load;        // "burst", "sustained"
  std::string step;        // of a replayed kernel: the step's text
  std::int64_t count = 1;  // times it stands in that step
  std::string value;       // of a property any text, else a number
  std::string unit;        // "ms", "GB/s", ...
  std::optional<double> noise_pct;
  int runs = 0, launches = 0;
  std::string kernel;  // longest kernel of the op
  std::optional<double> clock_mhz, power_w, temperature_c;
  std::string throttle;
  std::optional<double> counted_flops, counted_dram_bytes, counted_l2_bytes, counted_tensor;
  std::string state;  // "ok", "noisy", or "failed: reason"
  std::string date;   // UTC, "2026-11-25T14:03:11Z"

  bool ok() const { return state == "ok" || state == "noisy"; }
  /// What a re-run recognises the row by.
  std::string key() const;
};

const std::vector<std::string>& record_columns();
std::string record_header();  // with a line end, as a row
std::string record_line(const Record& record);

/// Throws InputError on a file that is no measurement of the harness; a last line cut short by a crash is left out.
std::vector<Record> read_records(const std::string& path);

/// Rows that describe the board.
std::vector<Record> identity_records(const Identity& identity, const std::string& device,
                                     const std::string& date);

/// A file that grows row by row, so that a crash or Ctrl-C loses nothing. A case measured again stands there twice until
/// `compact`, which opening the file does too.
class RecordFile {
 public:
  /// Creates the file, or opens it to go on. Throws InputError where it holds another board's or driver's rows, or
  /// something else altogether.
  RecordFile(std::string path, const std::vector<Record>& identity);
  bool has(const std::string& key) const { return known_.count(key) != 0; }
  std::size_t resumed() const { return resumed_; }
  /// Throws InputError when the row cannot be written.
  void add(const Record& record);
  /// Leaves the newest row of each case, in a new file that takes the old one's place whole. Throws InputError.
  void compact();

 private:
  void append();

  std::string path_;
  std::ofstream out_;
  std::set<std::string> known_;
  std::size_t resumed_ = 0;
};

/// Now, in UTC.
std::string timestamp();

}  // namespace roofcast::harness
