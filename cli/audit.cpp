// `roofcast audit`: are the figures quoted for a board what the derivation gives?
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>

#include "cli/command.h"
#include "cli/format.h"
#include "cli/json_text.h"
#include "cli/judgement.h"
#include "cli/options.h"

namespace roofcast::cli {
namespace {

using nlohmann::json;

struct Question {
  std::string board;
  std::vector<std::string> claims;
};

/// "rtx 3060", "fp16=101", "TFLOPS tdp=170W": words before the first FIGURE=VALUE name the board, and one
/// that follows without "=" is the unit of the claim before it.
Question read_question(const std::vector<std::string>& words) {
  Question question;
  for (const std::string& argument : words) {
    std::istringstream stream(argument);
    for (std::string word; stream >> word;) {
      if (word.find('=') != std::string::npos) {
        question.claims.push_back(word);
      } else if (!question.claims.empty()) {
        question.claims.back() += word;
      } else {
        question.board += (question.board.empty() ? "" : " ") + word;
      }
    }
  }
  if (question.board.empty()) throw InputError("names no board, e.g. roofcast audit rtx-3060 fp16=101TFLOPS");
  if (question.claims.empty())
    throw InputError("names no figure, e.g. roofcast audit rtx-3060 fp16=101TFLOPS");
  return question;
}

std::string cell(const std::optional<double>& value, const Claim& claim) {
  return value ? number(*value, claim) : "-";
}

std::string quoted(const Claim& claim) {
  return fmt::format("{:.6g}{}{}", claim.value, claim.unit.empty() ? "" : " ", claim.unit);
}

std::string joined(const std::vector<std::string>& sentences) {
  std::string text;
  for (const std::string& s : sentences) text += (text.empty() ? "" : "; ") + s;
  return text;
}

void print_table(const std::vector<Judgement>& judgements, Format format, std::ostream& out) {
  Table table{{{"Figure", false}, {"Quoted"}, {"Derived"}, {"2:4 sparse"}, {"Verdict", false}}, {}};
  const bool wide = format != Format::table;
  if (wide) {
    table.columns.push_back({"Derivation", false});
    table.columns.push_back({"Why", false});
  }
  for (const Judgement& j : judgements) {
    table.rows.push_back(
        {j.claim.figure, quoted(j.claim), cell(j.derived, j.claim), cell(j.sparse, j.claim), j.verdict_text});
    if (!wide) continue;
    table.rows.back().push_back(j.derivation.empty() ? "-" : j.derivation);
    table.rows.back().push_back(j.why.empty() ? "-" : joined(j.why));
  }
  out << render(table, format);
  if (wide) return;
  for (const Judgement& j : judgements) {
    std::vector<std::string> lines = j.why;
    if (!j.derivation.empty()) lines.insert(lines.begin(), j.derivation);
    out << "\n" << j.claim.figure << ": " << j.verdict_text << "\n";
    for (const std::string& line : lines) out << "  " << wrapped(line, 98, 2) << "\n";
  }
}

json to_json(const Judgement& j) {
  const auto number = [](const std::optional<double>& v) { return v ? json(*v) : json(nullptr); };
  return {{"figure", j.claim.figure},     {"quoted", j.claim.value},    {"unit", j.claim.unit},
          {"derived", number(j.derived)}, {"sparse", number(j.sparse)}, {"verdict", j.verdict_text},
          {"wrong", is_wrong(j.verdict)}, {"derivation", j.derivation}, {"why", j.why}};
}

}  // namespace

int run_audit(const std::vector<std::string>& arguments, Streams& streams) {
  po::options_description options = common_options();
  options.add_options()("claims", po::value<std::vector<std::string>>(), "a board and what is quoted for it");
  const auto given = parse(
      arguments, options, "claims", "roofcast audit GPU FIGURE=VALUE[UNIT]... [OPTIONS]",
      "  roofcast audit rtx-3060 fp16=101TFLOPS tf32=50.5 int8=202TOPS\n"
      "  roofcast audit p4000 fp16=10.6 int8=0 bandwidth=243GB/s tdp=105W cores=1792\n"
      "  roofcast audit rtx-3060 fp16:sparse=101.9        the 2:4-sparse figure, said to be one\n"
      "  roofcast audit orin-nano-8gb int8/w=2.67         TOPS per watt\n\n"
      "Figures: fp64 fp32 tf32 bf16 fp16 fp8 fp6 fp4 int8 int4 (TFLOPS, TOPS; :sparse, /w), bandwidth "
      "(GB/s), tdp (W),\n"
      "memory (GB), cores, tensor-cores, boost (MHz), price ($). Exit status 1 when a figure is wrong.\n",
      streams.out);
  if (!given) return kDone;
  const Format format = output_format(*given);
  const Question question =
      read_question(given->count("claims") ? (*given)["claims"].as<std::vector<std::string>>()
                                           : std::vector<std::string>{});
  std::vector<Claim> claims;
  for (const std::string& text : question.claims) claims.push_back(parse_claim(text));
  const Hwdb base = open_hwdb(*given);
  const Resolution board = base.resolve(question.board);
  if (!board.remark.empty()) streams.err << board.remark << "\n";

  std::vector<Judgement> judgements;
  for (const Claim& claim : claims) judgements.push_back(judge(claim, board.gpu, base.gpus()));
  const bool wrong = std::any_of(judgements.begin(), judgements.end(),
                                 [](const Judgement& j) { return is_wrong(j.verdict); });
  if (format == Format::json) {
    json list = json::array();
    for (const Judgement& j : judgements) list.push_back(to_json(j));
    streams.out << json_text(
        json{{"schema_version", 1}, {"gpu", board.gpu.slug}, {"figures", list}, {"wrong", wrong}});
  } else {
    if (format == Format::table) streams.out << board.gpu.name << "\n\n";
    print_table(judgements, format, streams.out);
  }
  return wrong ? kAnswerIsNo : kDone;
}

}  // namespace roofcast::cli
