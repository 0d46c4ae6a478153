// Rows and columns, and the forms they are printed in.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace roofcast::cli {

enum class Format { table, markdown, csv, json };

struct Column {
  std::string title;
  bool right = true;  // numbers align right
};

struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;  // unknown is "-"
};

/// Text for `table` (aligned, a rule under the header), `markdown` or `csv` (RFC 4180 quoting). Not for json: each
/// command builds its own object with a schema_version. Display width counts UTF-8 code points. An aligned table wider
/// than `width` columns continues below, its first column repeated; 0 sets no limit.
std::string render(const Table& table, Format format, std::size_t width = 0);

}  // namespace roofcast::cli
