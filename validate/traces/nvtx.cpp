// SPDX-License-Identifier: Apache-2.0
#include "validate/traces/nvtx.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <map>
#include <tuple>

#include "validate/harness/record.h"
#include "validate/traces/traced_op.h"

namespace roofcast {
namespace {

constexpr const char* kNoDevice = "unnamed";  // --gpu says which GPU it was

constexpr std::string_view kAten = "aten::";

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// "[[16, 32], []]..." -> {{16, 32}, {}}; nothing where it is no list of shapes of tensors.
std::vector<std::vector<std::int64_t>> shapes_of(std::string_view text) {
  constexpr std::int64_t kMostElements = std::int64_t{1} << 40;
  std::vector<std::vector<std::int64_t>> shapes;
  const char* at = text.data();
  const char* end = at + text.size();
  const auto skip = [&](char wanted) { return at != end && *at == wanted ? (++at, true) : false; };
  const auto next = [&] {
    while (skip(' ')) continue;
    return skip(',');
  };
  if (!skip('[')) return {};
  do {
    while (skip(' ')) continue;
    if (!skip('[')) return {};
    auto& shape = shapes.emplace_back();
    std::int64_t elements = 1;
    if (skip(']')) continue;
    do {
      while (skip(' ')) continue;
      std::int64_t size = 0;
      const auto [rest, error] = std::from_chars(at, end, size);
      if (error != std::errc() || size < 1 || size > kMostElements / elements) return {};
      elements *= size;
      shape.push_back(size);
      at = rest;
    } while (next());
    if (!skip(']')) return {};
  } while (next());
  return skip(']') ? shapes : std::vector<std::vector<std::int64_t>>{};
}

/// Operators of PyTorch's that ask for kernels themselves, so that none of these stands inside another. Not aten::relu, which is
/// aten::clamp_min, nor aten::linear, aten::matmul, aten::zero_ and the like.
bool launches_itself(const std::string& name) {
  constexpr std::string_view kNames =
      " mm addmm bmm baddbmm add add_ sub mul mul_ div div_ pow clamp_min gelu tanh sigmoid silu copy_ "
      "threshold_backward gelu_backward _softmax _log_softmax _softmax_backward_data native_layer_norm ";
  return has(kNames, " " + name.substr(kAten.size()) + " ");
}

/// mul(tensor, scalar) calls mul(tensor, tensor of the scalar) when it comes from C++: the kernel then stands under both.
bool may_call_itself(const TracedOp& op) {
  constexpr std::string_view kNames = " add add_ sub mul mul_ div div_ ";
  const bool two_tensors = op.shapes.size() > 1 && !op.shapes[1].empty();
  return !two_tensors && has(kNames, " " + op.name.substr(kAten.size()) + " ");
}

bool is_product(std::string_view name) {
  return name == "aten::mm" || name == "aten::addmm" || name == "aten::bmm" || name == "aten::baddbmm";
}

/// Why a range of that name is not predicted; "" where it may be.
std::string refusal(const TracedOp& op) {
  if (op.name.rfind(kAten, 0) != 0) return "the range is no operator of PyTorch's";
  if (has(op.name, "convolution") || has(op.name, "conv2d"))
    return "stride and padding are not in a range's name";
  if (!launches_itself(op.name))
    return fmt::format("the operator {} is not matched to an op, or calls others", op.name);
  if (op.shapes.empty()) return "no sizes to read in the range's name: emit_nvtx(record_shapes=True)";
  if (may_call_itself(op)) return "with a scalar the operator may call itself";
  return "";
}

/// Of one kernel in one range.
struct Row {
  int line = 0;
  std::string range, kernel;
  std::int64_t instances = 0, kernels = 0;  // of the range, and of the kernel in them
  double total_ns = 0;
  std::string reason;  // why it is not predicted

  /// "splitKreduce_kernel", "cutlass::reduction::kernel::ReduceSplitK".
  bool split_reduction() const { return has(kernel, "plitK") && has(kernel, "educe"); }
  bool multiplies() const { return class_of_kernel(kernel) == "gemm" && !split_reduction(); }
};

/// Rows of one range name in one thread, put together: the longest kernel's row stands for all of them.
class Operator {
 public:
  explicit Operator(const std::string& range) : traced_(parse_nvtx_range(range)) {}
  void add(Row& row) { rows_.push_back(&row); }

  /// Gives rows their reasons; the operator and the row that stands for it where there is one to predict.
  std::pair<TracedOp, Row*> judge() {
    const auto refuse = [&](const std::string& reason) {
      for (Row* r : rows_) r->reason = reason;
      return std::pair(traced_, static_cast<Row*>(nullptr));
    };
    if (const std::string reason = refusal(traced_); !reason.empty()) return refuse(reason);
    if (is_product(traced_.name) && !keep_the_product())
      return refuse("another kernel in the range of a product");
    Row* first = longest();
    const bool known = std::all_of(rows_.begin(), rows_.end(), [&](const Row* r) {
      return r == first || r->split_reduction() || (r->instances == 1 && first->instances == 1);
    });
    if (!known) return refuse("which of the range's kernels ran in which of its instances is not told");
    const auto type = type_of_kernel(first->kernel);
    if (!type) return refuse("the kernel's name does not tell the type: the PyTorch profiler records it");
    for (Row* r : rows_) {
      traced_.time += Seconds(r->total_ns * 1e-9 / static_cast<double>(first->instances));
      traced_.kernels += static_cast<int>(r->kernels / first->instances);
      if (r != first) r->reason = "summed with the longest kernel of its operator";
    }
    traced_.types.assign(traced_.shapes.size(), std::string(*type));
    traced_.kernel = first->kernel;
    return {traced_, first};
  }

 private:
  /// A product's own kernels multiply or add up a split reduction. Others belong to an operator inside it, such as the copy of
  /// a bias, and stand under that too. False where nothing multiplies.
  bool keep_the_product() {
    if (std::none_of(rows_.begin(), rows_.end(), [](const Row* r) { return r->multiplies(); })) return false;
    const auto others = std::stable_partition(
        rows_.begin(), rows_.end(), [](const Row* r) { return r->multiplies() || r->split_reduction(); });
    std::for_each(others, rows_.end(),
                  [](Row* r) { r->reason = "another kernel in the range of a product"; });
    rows_.erase(others, rows_.end());
    return true;
  }
  Row* longest() const {
    const auto before = [](const Row* a, const Row* b) {
      return std::pair(!a->split_reduction(), a->total_ns) < std::pair(!b->split_reduction(), b->total_ns);
    };
    return *std::max_element(rows_.begin(), rows_.end(), before);
  }

  TracedOp traced_;
  std::vector<Row*> rows_;
};

}  // namespace

TracedOp parse_nvtx_range(std::string_view text) {
  if (!text.empty() && text.front() == ':') text.remove_prefix(1);  // the default domain
  TracedOp op;
  op.name = text.substr(0, text.find(", "));
  constexpr std::string_view kSizes = ", sizes = ";
  if (const std::size_t sizes = text.find(kSizes); sizes != std::string_view::npos)
    op.shapes = shapes_of(text.substr(sizes + kSizes.size()));
  return op;
}

std::string nvtx_rows(CsvReader& report) {
  const CsvHeader& h = report.header();
  const std::size_t range = h.at("NVTX Range"), kernel = h.at("Kernel Name"), total = h.at("Total Time (ns)"),
                    instances = h.at("NVTX Inst"), kernels = h.at("Kern Inst");
  const auto process = h.find("PID"), thread = h.find("TID");
  const auto cell = [&](const std::optional<std::size_t>& column) {
    return column ? std::string(report.row().text(*column)) : "";
  };
  std::deque<Row> rows;
  std::map<std::tuple<std::string, std::string, std::string>, Operator> operators;
  while (report.next()) {
    const CsvRow& r = report.row();
    Row& row = rows.emplace_back(Row{r.line(), std::string(r.text(range)), std::string(r.text(kernel)),
                                     r.count(instances), r.count(kernels), r.positive(total), ""});
    operators.try_emplace({row.range, cell(process), cell(thread)}, row.range).first->second.add(row);
  }
  std::map<const Row*, TracedOp> predicted;
  for (auto& [key, op] : operators) {
    if (auto [traced, row] = op.judge(); row != nullptr) predicted.emplace(row, std::move(traced));
  }
  std::string text = harness::record_header();
  std::ptrdiff_t lines = 1;
  const auto add = [&](const harness::Record& record, int line) {
    for (; lines < line - 1; ++lines) text += '\n';
    const std::string added = harness::record_line(record);
    lines += std::count(added.begin(), added.end(), '\n');  // a range's name may have some
    text += added;
  };
  for (const Row& row : rows) {
    if (const auto found = predicted.find(&row); found != predicted.end()) {
      add(traced_record(found->second, kNoDevice), row.line);
      continue;
    }
    harness::Record r;
    r.device = kNoDevice;
    r.section = class_of_kernel(row.kernel);
    r.subject = row.range;
    r.kernel = row.kernel;
    r.state = row.reason;
    add(r, row.line);
  }
  return text;
}

}  // namespace roofcast
