// Branches and loops: the branch that is taken, the body as often as it runs, as far as a file can tell.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "model/importers/onnx/operators.h"

namespace roofcast::onnx {
namespace {

const GraphProto& body_of(Step& s, const char* attribute) {
  const AttributeProto* found = s.attribute(attribute);
  if (found == nullptr || !found->g) s.fail(fmt::format("has no {}", attribute));
  return *found->g;
}

void branch(Step& s) {
  const Value& condition = s.in(0);
  bool taken = true;
  if (condition.known && condition.known->size() == 1) {
    taken = condition.known->front() != 0;
  } else {
    s.translator().remark("data decide which branch of an If runs: its then-branch is counted");
  }
  const GraphProto& body = body_of(s, taken ? "then_branch" : "else_branch");
  std::vector<Value> results = s.translator().run_subgraph(body, s.scope(), {}, s.label() + "/");
  for (std::size_t i = 0; i < results.size(); ++i) s.out(i, std::move(results[i]));
}

/// Results of every turn, stacked.
Value stacked(Step& s, const Value& one, std::int64_t turns, std::size_t axis) {
  Dims dims = one.dims;
  dims.insert(dims.begin() + static_cast<std::ptrdiff_t>(std::min(axis, dims.size())), turns);
  Value y = s.make(one.type, std::move(dims));
  y.node = one.node;
  y.constant = one.constant;
  return y;
}

void loop(Step& s) {
  const GraphProto& body = body_of(s, "body");
  std::vector<Value> carried;
  for (std::size_t i = 2; i < s.inputs(); ++i) carried.push_back(s.in(i));
  if (body.input.size() != carried.size() + 2 || body.output.size() < carried.size() + 1)
    s.fail("its body does not take and give what it carries");
  std::int64_t turns = 1;
  const bool bounded = s.has(0) && s.in(0).known && s.in(0).known->size() == 1;
  bool sure = false;
  if (bounded && s.in(0).known->front() < 1e9) {
    turns = std::max<std::int64_t>(0, s.integers(0).front());
    sure = true;
  }
  Value condition;
  condition.type = DataType::boolean;
  condition.constant = true;
  condition.known = {1.0};
  if (s.has(1)) condition = s.in(1);
  const std::size_t states = carried.size();
  std::vector<Value> scans;
  std::int64_t done = 0;
  for (; done < turns; ++done) {
    if (condition.known && condition.known->size() == 1 && condition.known->front() == 0) {
      sure = true;
      break;
    }
    s.translator().tick(s);
    std::vector<Value> inputs{known_integers({}, {static_cast<double>(done)}), condition};
    inputs.insert(inputs.end(), carried.begin(), carried.end());
    std::vector<Value> results =
        s.translator().run_subgraph(body, s.scope(), inputs, fmt::format("{}.{}/", s.label(), done));
    if (!results[0].known) sure = sure && !s.has(1);
    condition = std::move(results[0]);
    for (std::size_t i = 0; i < states; ++i) carried[i] = std::move(results[i + 1]);
    scans.assign(std::make_move_iterator(results.begin() + static_cast<std::ptrdiff_t>(states) + 1),
                 std::make_move_iterator(results.end()));
  }
  if (!sure) {
    s.translator().remark(fmt::format("data decide how often a Loop turns: {} {} counted", turns,
                                      turns == 1 ? "turn is" : "turns are"));
  }
  for (std::size_t i = 0; i < states; ++i) s.out(i, std::move(carried[i]));
  for (std::size_t i = 0; i < s.outputs() - std::min(s.outputs(), states); ++i) {
    s.out(states + i, i < scans.size() ? stacked(s, scans[i], done, 0) : s.make(DataType::float32, {0}));
  }
}

void scan(Step& s) {
  const GraphProto& body = body_of(s, "body");
  const std::int64_t scanned = s.integer("num_scan_inputs", 0);
  if (s.opset() < 9) s.fail("of operator set 8 has a batch of its own; convert the model to 9 or later");
  if (scanned < 1 || scanned > static_cast<std::int64_t>(s.inputs()) || body.input.size() != s.inputs())
    s.fail("its body does not take what it scans");
  const std::size_t states = s.inputs() - static_cast<std::size_t>(scanned);
  if (body.output.size() < states) s.fail("its body does not give what it carries");
  const auto axes = s.integer_list("scan_input_axes"), out_axes = s.integer_list("scan_output_axes");
  std::vector<Value> carried, slices;
  std::optional<std::int64_t> turns;
  for (std::size_t i = 0; i < s.inputs(); ++i) {
    Value value = s.in(i);
    if (i < states) {
      carried.push_back(std::move(value));
      continue;
    }
    const std::size_t axis = s.axis(i - states < axes.size() ? axes[i - states] : 0, value.rank());
    if (turns && *turns != value.dims[axis]) s.fail("scans operands of different lengths");
    turns = value.dims[axis];
    value.dims.erase(value.dims.begin() + static_cast<std::ptrdiff_t>(axis));
    value.known.reset();
    slices.push_back(std::move(value));
  }
  std::vector<Value> scans;
  for (std::int64_t t = 0; t < *turns; ++t) {
    s.translator().tick(s);
    std::vector<Value> inputs = carried;
    inputs.insert(inputs.end(), slices.begin(), slices.end());
    std::vector<Value> results =
        s.translator().run_subgraph(body, s.scope(), inputs, fmt::format("{}.{}/", s.label(), t));
    for (std::size_t i = 0; i < states; ++i) carried[i] = std::move(results[i]);
    scans.assign(std::make_move_iterator(results.begin() + static_cast<std::ptrdiff_t>(states)),
                 std::make_move_iterator(results.end()));
  }
  for (std::size_t i = 0; i < states; ++i) s.out(i, std::move(carried[i]));
  for (std::size_t i = 0; i < scans.size(); ++i) {
    const std::int64_t rank = scans[i].rank() + 1;
    const std::size_t axis = s.axis(i < out_axes.size() ? out_axes[i] : 0, rank);
    s.out(states + i, stacked(s, scans[i], *turns, axis));
  }
}

}  // namespace

void add_control_flow(Operators& table) {
  table["If"] = branch;
  table["Loop"] = loop;
  table["Scan"] = scan;
}

}  // namespace roofcast::onnx
