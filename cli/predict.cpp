// roofcast predict: how long, how much memory, energy and money, and why.
// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "cli/answer.h"
#include "cli/command.h"
#include "cli/explain.h"
#include "cli/json.h"
#include "cli/report.h"
#include "cli/rows.h"

namespace roofcast::cli {
namespace {

constexpr std::string_view kUsage = "roofcast predict WORKLOAD --gpu BOARD[,BOARD] [OPTIONS]";
constexpr std::string_view kExamples =
    "  roofcast predict resnet50 --gpu p4000 --dataset cifar10\n"
    "  roofcast predict resnet50 --gpu rtx-3060 --dataset cifar10 --image 32 --stem cifar --batch 128\n"
    "  roofcast predict resnet50 --gpu t4,v100 --dataset imagenet --precision fp32,amp-fp16\n"
    "  roofcast predict bert-large --gpu p4000,rtx-4060-ti-16gb:fp8 --task squad --epochs 2\n"
    "  roofcast predict bert-base --gpu t4 --phase infer --batch 1,8,32 --seq 128 --explain\n"
    "  roofcast predict resnet50 --gpu p4000 --set tdp=140W,bandwidth=400GB/s --dataset imagenet\n"
    "  roofcast predict model.onnx --gpu t4 --phase infer --batch 8 --dim sequence=128\n"
    "  roofcast predict gemm:1000x1000x1000 --gpu p4000\n"
    "  roofcast predict resnet50 --gpu p4000 --dataset cifar10 --electricity 0.15 --lifetime-hours 20000\n";

std::string explained(const Question& question, const std::vector<Answer>& answers, Format format) {
  std::string out;
  for (const Answer& a : answers) out += (out.empty() ? "" : "\n") + report(question, a, format, true);
  return out;
}

}  // namespace

int run_predict(const std::vector<std::string>& arguments, Streams& streams) {
  po::options_description options = question_options("gpu");
  options.add_options()("explain", po::bool_switch(),
                        "time by layer and the way from the ideal; csv and json list every kernel");
  const auto values = parse(arguments, options, "workload", kUsage, kExamples, streams.out);
  if (!values) return kDone;
  const Format format = output_format(*values);
  const bool explain = (*values)["explain"].as<bool>();
  const Question question = read_question(*values, "gpu");
  const std::vector<Answer> answers = answer_all(question, Calibrations(*values));
  switch (format) {
    case Format::json: streams.out << answers_json(question, answers, false, explain); break;
    case Format::csv:
      streams.err << assumed_text(question, Format::table);
      streams.out << (explain ? kernels_csv(question, answers) : rows_csv(question, answers));
      break;
    case Format::table:
    case Format::markdown:
      if (answers.size() == 1) {
        streams.out << report(question, answers.front(), format, explain);
      } else {
        streams.out << (explain ? explained(question, answers, format)
                                : rows_text(question, answers, format, false));
      }
      break;
  }
  return exit_code(answers);
}

}  // namespace roofcast::cli
