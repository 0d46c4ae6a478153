// roofcast compare: the same job on several boards, one row each.
// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "cli/answer.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/rows.h"

namespace roofcast::cli {
namespace {

constexpr std::string_view kUsage = "roofcast compare WORKLOAD --gpus A,B:fp8,C [OPTIONS]";
constexpr std::string_view kExamples =
    "  roofcast compare resnet50 --dataset cifar10 --gpus p4000,rtx-3060,rtx-4060-ti-16gb,orin-nano-8gb\n"
    "  roofcast compare bert-large --task squad --gpus p4000:fp32,rtx-4060-ti-16gb:fp8\n"
    "  roofcast compare resnet50 --dataset imagenet --gpus t4,a10,v100 --precision best --stack "
    "channels-last\n"
    "  roofcast compare bert-base --phase infer --batch 1 --seq 128 --gpus orin-nano-8gb,orin-nano-super "
    "--json\n";

}  // namespace

int run_compare(const std::vector<std::string>& arguments, Streams& streams) {
  const auto values = parse(arguments, question_options("gpus"), "workload", kUsage, kExamples, streams.out);
  if (!values) return kDone;
  const Format format = output_format(*values);
  const Question question = read_question(*values, "gpus");
  if (question.precisions.size() > 1)
    throw InputError("--precision: compare takes one; give boards their own as A:fp8,B:amp-fp16");
  if (question.batches.size() > 1)
    throw InputError("--batch: compare takes one; `roofcast predict` takes a list");
  const std::vector<Answer> answers = answer_all(question, Calibrations(*values));
  switch (format) {
    case Format::json: streams.out << answers_json(question, answers, true, false); break;
    case Format::csv:
      streams.err << assumed_text(question, Format::table);
      streams.out << rows_csv(question, answers);
      break;
    case Format::table:
    case Format::markdown: streams.out << rows_text(question, answers, format, true); break;
  }
  return exit_code(answers);
}

}  // namespace roofcast::cli
