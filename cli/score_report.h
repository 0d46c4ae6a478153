// A score as text, CSV and JSON, and its rows one by one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <string>

#include "cli/table.h"
#include "validate/leave_one_out.h"
#include "validate/score.h"

namespace roofcast::cli {

/// Table or markdown: groups by file, a summary, what was skipped and why, the worst rows, the bars where asked for.
std::string score_text(const Report& report, Format format, bool bars);

/// "12.3"; "-" where there are no rows.
std::string mean_error(double percent, std::size_t rows);
/// "streams: 7,843 rows, 4.7 -> 2.4 %", a line of progress.
std::string stage_line(const StageReport& stage);
/// "without GV100: 5,120 rows left out, 8 stages fitted again", a line of progress.
std::string fold_line(const Fold& fold);

/// One line per group, with the names of the JSON.
std::string score_csv(const Report& report);

/// {"schema_version": 1, "groups": [...], "overall": {...}, ...}; null where nothing was predicted.
std::string score_json(const Report& report, bool bars);

/// The header and the lines of --rows.
inline constexpr const char* kRowsHeader =
    "file,line,device,chip,kind,measured_ms,predicted_ms,low_ms,high_ms,error_pct,bound,algorithm,skip_"
    "reason\n";
void write_row(std::ostream& out, const ScoredRow& row);

}  // namespace roofcast::cli
