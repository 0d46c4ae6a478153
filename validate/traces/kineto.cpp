// SPDX-License-Identifier: Apache-2.0
#include "validate/traces/kineto.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>

#include "hwdb/input_error.h"

namespace roofcast {
namespace {

using Json = nlohmann::json;

/// Numbers stand as numbers or as text, by version.
std::optional<std::int64_t> whole(const Json& args, const char* key) {
  const auto found = args.find(key);
  if (found == args.end()) return std::nullopt;
  if (found->is_number_integer()) return found->get<std::int64_t>();
  if (!found->is_string()) return std::nullopt;
  try {
    return std::stoll(found->get<std::string>());
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

std::vector<std::string> texts(const Json& args, const char* key) {
  std::vector<std::string> list;
  if (const auto found = args.find(key); found != args.end() && found->is_array()) {
    for (const Json& item : *found) list.push_back(item.is_string() ? item.get<std::string>() : item.dump());
  }
  return list;
}

std::vector<std::vector<std::int64_t>> shapes(const Json& args) {
  std::vector<std::vector<std::int64_t>> list;
  const auto found = args.find("Input Dims");
  if (found == args.end() || !found->is_array()) return list;
  for (const Json& dims : *found) {
    auto& shape = list.emplace_back();
    if (!dims.is_array()) continue;
    for (const Json& d : dims) {
      if (d.is_number_integer()) shape.push_back(d.get<std::int64_t>());
    }
  }
  return list;
}

struct Span {
  std::int64_t thread = 0;
  double start = 0, end = 0;  // microseconds
};

class Parser {
 public:
  Parser(const Json& root, const std::string& file) : root_(root), file_(file) {}

  KinetoTrace parse() {
    const auto events = root_.find("traceEvents");
    if (events == root_.end() || !events->is_array())
      throw InputError(file_ + ": no traceEvents: not a Chrome trace");
    if (const auto devices = root_.find("deviceProperties");
        devices != root_.end() && devices->is_array() && !devices->empty())
      trace_.device = devices->front().value("name", "");
    for (const Json& e : *events) {
      if (e.is_object() && e.value("ph", "") == "X") read(e);
    }
    if (kernels_.empty())
      throw InputError(file_ + ": no kernel events: was the trace recorded with ProfilerActivity.CUDA?");
    if (trace_.device.empty()) throw InputError(file_ + ": no deviceProperties: which GPU was it?");
    for (const Kernel& k : kernels_) assign(k);
    for (auto& op : ops_) {
      if (op.traced.kernels > 0) trace_.ops.push_back(std::move(op.traced));
    }
    trace_.ops.insert(trace_.ops.end(), unlinked_.begin(), unlinked_.end());
    return std::move(trace_);
  }

 private:
  struct Operator {
    Span span;
    TracedOp traced;
    double longest = 0;
  };
  struct Kernel {
    std::string name;
    double duration;
    std::optional<std::int64_t> external, correlation;
  };

  static const Json& args_of(const Json& e) {
    static const Json none = Json::object();
    const auto found = e.find("args");
    return found != e.end() && found->is_object() ? *found : none;
  }

  void read(const Json& e) {
    const std::string category = e.value("cat", "");
    const Json& args = args_of(e);
    const double start = number(e, "ts"), duration = number(e, "dur");
    if (category == "kernel") {
      if (!(duration > 0)) {
        ++trace_.without_time;
        return;
      }
      kernels_.push_back(
          {e.value("name", ""), duration, whole(args, "External id"), whole(args, "correlation")});
    } else if (category == "cpu_op") {
      Operator op;
      op.span = {thread(e), start, start + duration};
      op.traced.name = e.value("name", "");
      op.traced.shapes = shapes(args);
      op.traced.types = texts(args, "Input type");
      op.traced.values = texts(args, "Concrete Inputs");
      if (const auto id = whole(args, "External id")) by_external_[*id] = ops_.size();
      ops_.push_back(std::move(op));
    } else if (category == "cuda_runtime" || category == "cuda_driver") {
      if (const auto id = whole(args, "correlation")) runtime_[*id] = {thread(e), start, start + duration};
    }
  }

  double number(const Json& e, const char* key) const {
    const auto found = e.find(key);
    if (found == e.end()) return 0;
    if (!found->is_number()) throw InputError(file_ + ": '" + key + "' of an event is not a number");
    return found->get<double>();
  }
  static std::int64_t thread(const Json& e) {
    const auto found = e.find("tid");
    return found != e.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
  }

  Operator* operator_of(const Kernel& k) {
    if (k.external) {
      if (const auto found = by_external_.find(*k.external); found != by_external_.end())
        return &ops_[found->second];
    }
    if (!k.correlation) return nullptr;
    const auto call = runtime_.find(*k.correlation);
    if (call == runtime_.end()) return nullptr;
    Operator* inner = nullptr;
    for (Operator& op : ops_) {
      const bool around = op.span.thread == call->second.thread && op.span.start <= call->second.start &&
                          op.span.end >= call->second.end;
      if (around && (inner == nullptr || op.span.start >= inner->span.start)) inner = &op;
    }
    return inner;
  }

  void assign(const Kernel& k) {
    Operator* op = operator_of(k);
    if (op == nullptr) {
      TracedOp& alone = unlinked_.emplace_back();
      alone.kernel = k.name;
      alone.time = Seconds(k.duration * 1e-6);
      alone.kernels = 1;
      return;
    }
    op->traced.time += Seconds(k.duration * 1e-6);
    ++op->traced.kernels;
    if (k.duration > op->longest) {
      op->longest = k.duration;
      op->traced.kernel = k.name;
    }
  }

  const Json& root_;
  const std::string& file_;
  KinetoTrace trace_;
  std::vector<Operator> ops_;
  std::vector<Kernel> kernels_;
  std::vector<TracedOp> unlinked_;
  std::unordered_map<std::int64_t, std::size_t> by_external_;
  std::unordered_map<std::int64_t, Span> runtime_;
};

}  // namespace

KinetoTrace parse_kineto(std::string_view json, const std::string& file) {
  const Json root = Json::parse(json, nullptr, false);
  if (root.is_discarded()) throw InputError(file + ": not JSON");
  if (!root.is_object()) throw InputError(file + ": no traceEvents: not a Chrome trace");
  try {
    return Parser(root, file).parse();
  } catch (const Json::exception& e) {
    throw InputError(file + ": not a Kineto trace: " + e.what());
  }
}

}  // namespace roofcast
