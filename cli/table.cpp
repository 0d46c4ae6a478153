// Tables as aligned text, Markdown and CSV.
// SPDX-License-Identifier: Apache-2.0
#include "cli/table.h"

#include <algorithm>
#include <cstddef>
#include <stdexcept>

namespace roofcast::cli {
namespace {

/// Code points, not bytes: "×" is one column wide.
std::size_t columns(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xC0) != 0x80; }));
}

std::string pad(const std::string& text, std::size_t to, bool right) {
  const std::string blanks(to > columns(text) ? to - columns(text) : 0, ' ');
  return right ? blanks + text : text + blanks;
}

std::vector<std::size_t> widths(const Table& table) {
  std::vector<std::size_t> result;
  for (const Column& column : table.columns) result.push_back(columns(column.title));
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) result[i] = std::max(result[i], columns(row[i]));
  }
  return result;
}

std::vector<std::string> titles(const Table& table) {
  std::vector<std::string> result;
  for (const Column& column : table.columns) result.push_back(column.title);
  return result;
}

/// Columns of each part: as many as fit beside the first one.
std::vector<std::vector<std::size_t>> parts(const std::vector<std::size_t>& wide, std::size_t limit) {
  std::vector<std::vector<std::size_t>> result;
  std::size_t used = 0;
  for (std::size_t i = 0; i < wide.size(); ++i) {
    const bool full = limit > 0 && used + 2 + wide[i] > limit && i > 1;
    if (result.empty() || full) {
      result.emplace_back();
      used = 0;
      if (i > 0) {
        result.back().push_back(0);
        used = wide[0];
      }
    }
    used += wide[i] + (result.back().empty() ? 0 : 2);
    result.back().push_back(i);
  }
  return result;
}

std::string aligned(const Table& table, std::size_t limit) {
  const std::vector<std::size_t> wide = widths(table);
  std::vector<std::string> rule;
  for (const std::size_t w : wide) rule.emplace_back(w, '-');
  std::string out;
  for (const std::vector<std::size_t>& part : parts(wide, limit)) {
    if (!out.empty()) out += "\n";
    const auto line = [&](const std::vector<std::string>& cells) {
      std::string text;
      for (const std::size_t i : part) {
        if (i != part.front()) text += "  ";
        text += pad(cells[i], wide[i], table.columns[i].right);
      }
      text.erase(text.find_last_not_of(' ') + 1);
      out += text + "\n";
    };
    line(titles(table));
    line(rule);
    for (const auto& row : table.rows) line(row);
  }
  return out;
}

std::string markdown(const Table& table) {
  std::string out;
  const auto line = [&](const std::vector<std::string>& cells) {
    out += "|";
    for (const std::string& cell : cells) {
      out += " ";
      for (const char c : cell) {
        if (c == '|') out += '\\';
        out += c == '\n' ? ' ' : c;
      }
      out += " |";
    }
    out += "\n";
  };
  line(titles(table));
  out += "|";
  for (const Column& column : table.columns) out += column.right ? "---:|" : "---|";
  out += "\n";
  for (const auto& row : table.rows) line(row);
  return out;
}

/// RFC 4180: quote a field that holds a comma, a quote or a line break, and double its quotes.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

std::string csv(const Table& table) {
  std::string out;
  const auto line = [&](const std::vector<std::string>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) out += (i > 0 ? "," : "") + csv_field(cells[i]);
    out += "\n";
  };
  line(titles(table));
  for (const auto& row : table.rows) line(row);
  return out;
}

}  // namespace

std::string render(const Table& table, Format format, std::size_t width) {
  for (const auto& row : table.rows) {
    if (row.size() != table.columns.size())
      throw std::logic_error("a table row has not as many cells as columns");
  }
  switch (format) {
    case Format::table: return aligned(table, width);
    case Format::markdown: return markdown(table);
    case Format::csv: return csv(table);
    case Format::json: break;
  }
  throw std::logic_error("JSON is built by each command, not from a table");
}

}  // namespace roofcast::cli
