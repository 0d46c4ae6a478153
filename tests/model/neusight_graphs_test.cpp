// The forward pass of each transformer, op by op, against lists traced from Hugging Face models.
// Source: NeuSight (Lee et al., ASPLOS 2025). The lists are no part of the project: without them the test says so and skips.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "model/workloads/workload.h"

using namespace roofcast;

namespace {

using Product = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t>;  // batch, m, n, k
using Row = std::tuple<std::string, std::int64_t, std::int64_t>;  // softmax or ln, rows, cols

struct Ops {
  std::map<Product, std::int64_t> products;
  std::map<Row, std::int64_t> rows;
  std::map<std::int64_t, std::int64_t> elementwise;  // kernels by number of elements
};

struct Case {
  std::string model, mode;
  std::int64_t length, batch;
  auto operator<=>(const Case&) const = default;
  bool sparse() const { return model == "switchxl4"; }
  // Kernels on at most one number per token (masks, T5's mean squares) are parsed differently from trace to trace.
  bool counts(std::int64_t elements) const { return elements > length * batch; }
  // Switch's distance buckets: on length × length, or repeated over the batch.
  std::int64_t size_class(std::int64_t elements) const {
    return sparse() && elements <= batch * length * length ? 0 : elements;
  }
};

struct Line {
  std::string op;
  std::int64_t batch, m, n, k, rows, cols, count;
};

// Left out: pure copies ("mem"; dropout and GPT-2's where are among them) and Switch's router losses (6,144 columns).
// 11 attention products of Switch are listed as linear with all heads stacked, and its four experts with 64 tokens of a
// sequence each, where they share all tokens here (t5.cpp).
void add(Ops& ops, const Case& c, Line line) {
  if (c.sparse()) {
    for (std::int64_t* rows : {&line.m, &line.rows})
      if (*rows == 64 * c.batch) *rows = c.length * c.batch / 4;
  }
  const bool router_loss = c.sparse() && (line.cols == 6144 || line.rows == 6144 * c.batch);
  if (line.op == "mem" || router_loss) return;
  if (line.op == "linear" || line.op == "bmm") {
    const bool stacked = c.sparse() && line.op == "linear" && line.m == 32 * c.batch * c.length;
    ops.products[stacked ? Product{32 * c.batch, c.length, line.n, line.k}
                         : Product{line.batch, line.m, line.n, line.k}] += line.count;
  } else if (line.op == "softmax" || line.op == "ln") {
    ops.rows[{line.op, line.rows, line.cols}] += line.count;
  } else if (c.counts(line.rows * line.cols)) {
    ops.elementwise[c.size_class(line.rows * line.cols)] += line.count;
  }
}

std::map<Case, Ops> traced(std::istream& in) {
  std::map<Case, Ops> cases;
  std::string text;
  std::getline(in, text);
  while (std::getline(in, text)) {
    std::vector<std::string> cells;
    std::stringstream line(text);
    for (std::string cell; std::getline(line, cell, ',');) cells.push_back(cell);
    REQUIRE(cells.size() == 15);
    if (cells[5] != "fw") continue;
    const auto number = [&](std::size_t i) { return std::strtoll(cells[i].c_str(), nullptr, 10); };
    const Case c{cells[0], cells[1], number(2), number(3)};
    add(cases[c], c,
        {cells[6], number(7), number(8), number(9), number(10), number(11), number(12), number(14)});
  }
  return cases;
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// Ours launches besides: OPT's clamp of the scores and its masks, which the lists give no cost.
Ops ours(const Case& c) {
  WorkloadRequest r;
  r.name = c.model;
  r.batch = c.batch;
  r.sequence_length = c.length;
  r.mode = c.mode == "train" ? Mode::training : Mode::inference;
  if (c.model == "bert_large") r.task = c.mode == "train" ? Task::pretraining : Task::classification;
  r.logits_of_every_token = true;
  const bool gpt = c.model.starts_with("gpt");
  Ops ops;
  for (const Node& n : build(r).nodes) {
    if (const auto* g = std::get_if<Gemm>(&n.op)) {
      ++ops.products[{g->batch, g->m, g->n, g->k}];
    } else if (const auto* row = std::get_if<Rowwise>(&n.op)) {
      if (row->kind == Rowwise::Kind::softmax) ++ops.rows[{"softmax", row->rows, row->cols}];
      if (row->kind == Rowwise::Kind::layer_norm) ++ops.rows[{"ln", row->rows, row->cols}];
    } else if (const auto* p = std::get_if<Pointwise>(&n.op)) {
      const bool copy = n.training_only || (gpt && ends_with(n.name, ".mask"));
      const bool uncounted = ends_with(n.name, ".max") || n.name.starts_with("mask.");
      if (!copy && !uncounted && c.counts(p->elements)) ++ops.elementwise[c.size_class(p->elements)];
    }
  }
  return ops;
}

}  // namespace

TEST_CASE(
    "every product, norm, softmax and elementwise kernel of the traced models is launched, as often and as "
    "large") {
  std::ifstream file(ROOFCAST_SOURCE_DIR "/../shared/reference/neusight/graphs.csv");
  if (!file) {
    MESSAGE("skipped: the traced op lists are not here");
    return;
  }
  const auto cases = traced(file);
  CHECK(cases.size() >= 12);
  for (const auto& [c, expected] : cases) {
    INFO(c.model << " " << c.mode << " length " << c.length << " batch " << c.batch);
    const Ops got = ours(c);
    CHECK(got.products == expected.products);
    CHECK(got.rows == expected.rows);
    for (const auto& [elements, count] : expected.elementwise) {
      INFO("elementwise kernels of " << elements << " elements");
      const auto found = got.elementwise.find(elements);
      CHECK((found == got.elementwise.end() ? 0 : found->second) == count);
    }
    CHECK(got.elementwise.size() == expected.elementwise.size());
  }
}
