// A record ends at the first line end outside quotes. Quotes come in pairs, so the parity of their number tells.
// SPDX-License-Identifier: Apache-2.0
#include "validate/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>

#include "hwdb/input_error.h"

namespace roofcast {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 16;

/// A user's text in a message: short and printable.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text.substr(0, 40)) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
  return out + (text.size() > 40 ? "...'" : "'");
}

std::unique_ptr<std::istream> open(const std::filesystem::path& path) {
  const std::string name = path.string();
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) throw InputError(name + ": no such file");
  if (std::filesystem::is_directory(status)) throw InputError(name + ": is a folder, not a file");
  auto in = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*in) throw InputError(name + ": cannot be opened");
  return in;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<std::size_t> CsvHeader::find(std::string_view name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names_.begin());
}

std::size_t CsvHeader::at(std::string_view name) const {
  if (const auto column = find(name)) return *column;
  throw InputError(file_, 1, 0, fmt::format("no column {}", quoted(name)));
}

double CsvRow::number(std::size_t column) const {
  const std::string_view text = trimmed(cells_[column].text);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty()) fail(column, "is empty, where a number is needed");
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) {
    fail(column, quoted(text) + " is not a number");
  }
  if (error == std::errc::result_out_of_range) fail(column, quoted(text) + " is out of range");
  if (!std::isfinite(value)) fail(column, quoted(text) + " is not a finite number");
  return value;
}

double CsvRow::positive(std::size_t column) const {
  const double value = number(column);
  if (value <= 0) fail(column, quoted(cells_[column].text) + " is not above 0");
  return value;
}

std::int64_t CsvRow::whole(std::size_t column, std::int64_t low, std::int64_t high) const {
  const std::string_view text = trimmed(cells_[column].text);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
  const bool whole = rest.empty() || (rest.front() == '.' &&
                                      rest.find_first_not_of('0', 1) == std::string_view::npos);  // "16.0"
  if (text.empty()) fail(column, "is empty, where a whole number is needed");
  if (error == std::errc::invalid_argument || !whole) fail(column, quoted(text) + " is not a whole number");
  if (error == std::errc::result_out_of_range || value < low || value > high) {
    fail(column, fmt::format("{} is outside {} to {}", quoted(text), low, high));
  }
  return value;
}

void CsvRow::fail(std::size_t column, const std::string& reason) const {
  const std::string_view before = record_.substr(0, cells_[column].offset);  // may span lines
  const auto line_ends = std::count(before.begin(), before.end(), '\n');
  const std::size_t last = before.rfind('\n');
  const std::size_t at = last == std::string_view::npos ? before.size() : before.size() - last - 1;
  throw InputError(*file_, line_ + static_cast<int>(line_ends), static_cast<int>(at) + 1,
                   header_->names()[column] + ": " + reason);
}

void CsvRow::fail(const std::string& reason) const { throw InputError(*file_, line_, 0, reason); }

CsvReader::CsvReader(const std::filesystem::path& file) : in_(open(file)), file_(file.string()) {
  read_header();
}

CsvReader::CsvReader(std::unique_ptr<std::istream> in, std::string file)
    : in_(std::move(in)), file_(std::move(file)) {
  read_header();
}

void CsvReader::fail(int line, int column, const std::string& reason) const {
  throw InputError(file_, line, column, reason);
}

void CsvReader::read_header() {
  row_.file_ = &file_;
  fill();
  if (end_ >= 3 && std::memcmp(buffer_.data(), "\xEF\xBB\xBF", 3) == 0) begin_ = 3;
  if (!next_record())
    throw InputError(file_ + ": is empty: a header line with the names of the columns is needed");
  std::vector<std::string> names;
  for (const CsvRow::Cell& cell : row_.cells_) {
    if (!cell.text.empty() && std::find(names.begin(), names.end(), cell.text) != names.end()) {
      fail(row_.line_, static_cast<int>(cell.offset) + 1, "column " + quoted(cell.text) + " is named twice");
    }
    names.emplace_back(cell.text);
  }
  header_ = CsvHeader(std::move(names), file_);
  row_.header_ = &header_;
}

bool CsvReader::next() {
  if (!next_record()) return false;
  if (row_.size() != header_.names().size()) {
    fail(row_.line_, 0, fmt::format("has {} cells, the header {}", row_.size(), header_.names().size()));
  }
  return true;
}

/// Moves the unread bytes to the front and appends what the stream has; false when it has no more.
bool CsvReader::fill() {
  if (at_end_) return false;
  if (begin_ < end_) std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  if (buffer_.size() < end_ + kChunk) buffer_.resize(std::max(2 * buffer_.size(), end_ + kChunk));
  in_->read(buffer_.data() + end_, static_cast<std::streamsize>(kChunk));
  const auto got = static_cast<std::size_t>(in_->gcount());
  if (in_->bad()) throw InputError(file_ + ": cannot be read");
  end_ += got;
  at_end_ = got == 0;
  return got > 0;
}

bool CsvReader::next_record() {
  while (true) {
    std::size_t scanned = 0;  // of the record, relative to begin_
    bool in_quotes = false;
    int lines = 0;
    std::string_view record;
    while (true) {
      const char* from = buffer_.data() + begin_ + scanned;
      const std::size_t left = end_ - begin_ - scanned;
      const auto* line_end = left == 0 ? nullptr : static_cast<const char*>(std::memchr(from, '\n', left));
      const std::size_t length = line_end != nullptr ? static_cast<std::size_t>(line_end - from) : left;
      if (std::count(from, from + length, '"') % 2 != 0) in_quotes = !in_quotes;
      scanned += length;
      if (scanned > kLongestRecord) {
        check_bytes({buffer_.data() + begin_, scanned}, next_line_);
        fail(next_line_, 0, in_quotes ? "a quote is not closed within 1 MiB" : "a line of more than 1 MiB");
      }
      if (line_end != nullptr) {
        ++lines;
        ++scanned;
        if (in_quotes) continue;
        record = {buffer_.data() + begin_, scanned - 1};
        break;
      }
      if (fill()) continue;
      if (scanned == 0) return false;
      if (in_quotes) fail(next_line_, 0, "a quote is not closed before the end of the file");
      record = {buffer_.data() + begin_, scanned};
      break;
    }
    row_.line_ = next_line_;
    next_line_ += lines;
    begin_ += scanned;
    if (!record.empty() && record.back() == '\r') record.remove_suffix(1);
    if (record.empty()) continue;
    check_bytes(record, row_.line_);
    split(record);
    return true;
  }
}

/// A text file has no other control characters; they would also reach the user's terminal.
void CsvReader::check_bytes(std::string_view record, int line) const {
  const auto found = std::find_if(record.begin(), record.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
  });
  if (found == record.end()) return;
  if (*found == '\0') fail(line, 0, "a NUL byte: this is not a text file");
  fail(line, 0,
       fmt::format("a control character (0x{:02X})",
                   static_cast<unsigned>(static_cast<unsigned char>(*found))));
}

void CsvReader::split(std::string_view record) {
  row_.cells_.clear();
  row_.record_ = record;
  unquoted_used_ = 0;
  std::size_t at = 0;
  while (true) {
    if (at < record.size() && record[at] == '"') {
      at = split_quoted(record, at);
    } else {
      const std::size_t end = std::min(record.find(',', at), record.size());
      const std::string_view text = record.substr(at, end - at);
      if (const std::size_t quote = text.find('"'); quote != std::string_view::npos) {
        fail(row_.line_, static_cast<int>(at + quote) + 1,
             "a quote inside a cell that does not start with one");
      }
      row_.cells_.push_back({text, at});
      at = end;
    }
    if (at >= record.size()) return;
    ++at;  // the comma
  }
}

/// Appends the quoted cell that starts at `at`; returns where it ends.
std::size_t CsvReader::split_quoted(std::string_view record, std::size_t at) {
  std::size_t close = at + 1;
  bool doubled = false;
  while (true) {
    close = record.find('"', close);
    if (close == std::string_view::npos) fail(row_.line_, static_cast<int>(at) + 1, "a quote is not closed");
    if (close + 1 >= record.size() || record[close + 1] != '"') break;
    doubled = true;
    close += 2;
  }
  if (close + 1 < record.size() && record[close + 1] != ',') {
    fail(row_.line_, static_cast<int>(close) + 2, "text after a closing quote");
  }
  std::string_view text = record.substr(at + 1, close - at - 1);
  if (doubled) {
    if (unquoted_used_ == unquoted_.size()) unquoted_.emplace_back();
    std::string& plain = unquoted_[unquoted_used_++];
    plain.clear();
    for (std::size_t i = 0; i < text.size(); ++i) {
      plain += text[i];
      if (text[i] == '"') ++i;
    }
    text = plain;
  }
  row_.cells_.push_back({text, at});
  return close + 1;
}

}  // namespace roofcast
