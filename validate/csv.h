// Reads CSV as a stream: RFC 4180 quotes, LF or CRLF, with or without a byte order mark. Every complaint names file,
// line and column.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roofcast {

/// Names of the columns, in file order.
class CsvHeader {
 public:
  CsvHeader() = default;
  CsvHeader(std::vector<std::string> names, std::string file)
      : names_(std::move(names)), file_(std::move(file)) {}

  const std::vector<std::string>& names() const { return names_; }
  std::optional<std::size_t> find(std::string_view name) const;
  bool has(std::string_view name) const { return find(name).has_value(); }
  /// Throws InputError naming the column that is missing.
  std::size_t at(std::string_view name) const;

 private:
  std::vector<std::string> names_;
  std::string file_;
};

/// One record. Valid until the reader moves on.
class CsvRow {
 public:
  std::string_view text(std::size_t column) const { return cells_[column].text; }
  bool empty(std::size_t column) const { return cells_[column].text.empty(); }
  std::size_t size() const { return cells_.size(); }

  /// A finite number. Throws InputError: "latency_ms: 'abc' is not a number".
  double number(std::size_t column) const;
  /// A finite number above 0.
  double positive(std::size_t column) const;
  /// A whole number in [low, high].
  std::int64_t whole(std::size_t column, std::int64_t low, std::int64_t high) const;
  /// A size of something: a whole number from 1 to 2^31 - 1.
  std::int64_t count(std::size_t column) const { return whole(column, 1, 2147483647); }

  int line() const { return line_; }
  /// Throws InputError at this cell: "FILE:LINE:COLUMN: NAME: reason".
  [[noreturn]] void fail(std::size_t column, const std::string& reason) const;
  /// Throws InputError at this line.
  [[noreturn]] void fail(const std::string& reason) const;

 private:
  friend class CsvReader;
  struct Cell {
    std::string_view text;  // without quotes
    std::size_t offset;     // in the record, of the first byte as written
  };
  std::vector<Cell> cells_;
  std::string_view record_;
  int line_ = 0;
  const CsvHeader* header_ = nullptr;
  const std::string* file_ = nullptr;
};

/// Usage: CsvReader reader(path); while (reader.next()) use(reader.row());
class CsvReader {
 public:
  /// Opens the file and reads its header. Throws InputError on what cannot be opened, folders and empty files.
  explicit CsvReader(const std::filesystem::path& file);
  /// From any stream; `file` is for messages.
  CsvReader(std::unique_ptr<std::istream> in, std::string file);
  CsvReader(const CsvReader&) = delete;
  CsvReader& operator=(const CsvReader&) = delete;

  const std::string& file() const { return file_; }
  const CsvHeader& header() const { return header_; }
  /// Moves to the next record; false at the end. Blank lines are not records.
  bool next();
  const CsvRow& row() const { return row_; }

  /// Longest record, so that a file without line ends cannot fill the memory.
  static constexpr std::size_t kLongestRecord = std::size_t{1} << 20;

 private:
  void read_header();
  bool next_record();
  bool fill();
  void check_bytes(std::string_view record, int line) const;
  void split(std::string_view record);
  std::size_t split_quoted(std::string_view record, std::size_t at);
  [[noreturn]] void fail(int line, int column, const std::string& reason) const;

  std::unique_ptr<std::istream> in_;
  std::string file_;
  CsvHeader header_;
  CsvRow row_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // unread bytes of buffer_
  bool at_end_ = false;
  int next_line_ = 1;
  std::deque<std::string> unquoted_;  // texts of cells that held a doubled quote; a deque keeps them in place
  std::size_t unquoted_used_ = 0;
};

}  // namespace roofcast
