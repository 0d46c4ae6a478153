// Calibration as TOML: constants by group, the ones still at their prior listed, residual quantiles, provenance.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "hwdb/embedded.h"
#include "hwdb/hwdb.h"
#include "model/kernels/constants.h"

namespace roofcast {
namespace {

constexpr std::array kKinds{KernelKind::gemm,      KernelKind::batched_gemm, KernelKind::recurrence,
                            KernelKind::conv,      KernelKind::pointwise,    KernelKind::rowwise,
                            KernelKind::reduction, KernelKind::batch_norm,   KernelKind::pool,
                            KernelKind::embedding, KernelKind::attention,    KernelKind::copy,
                            KernelKind::optimizer};

/// How the file calls the architectures of each; kernels first.
constexpr std::pair<Evidence, std::string_view> kEvidence[] = {
    {Evidence::kernels, "architectures"},
    {Evidence::training, "trained_architectures"},
    {Evidence::inference, "inferred_architectures"},
    {Evidence::serving, "served_architectures"}};

class Reader {
 public:
  Reader(const toml::table& root, const std::string& file) : root_(root), file_(file) {}

  Calibration read() {
    refuse_unknown(root_,
                   {"provenance", "architectures", "trained_architectures", "inferred_architectures",
                    "served_architectures", "priors", "constants", "residuals"},
                   "");
    Calibration c = prior_calibration();
    constants(c);
    for (const auto& [kind, key] : kEvidence) {
      if (const toml::node* list = root_.get(key)) {
        const std::vector<std::string> names = strings(*list, key);
        c.measured[kind] = {names.begin(), names.end()};
      } else {
        c.measured[kind] = c.measured[Evidence::kernels];  // files written before they were told apart
      }
    }
    if (const toml::table* t = table("residuals")) residuals(*t, c);
    if (const toml::table* t = table("provenance")) provenance(*t, c);
    return c;
  }

 private:
  [[noreturn]] void fail(const toml::node& at, const std::string& reason) const {
    throw InputError(file_, static_cast<int>(at.source().begin.line),
                     static_cast<int>(at.source().begin.column), reason);
  }

  const toml::table* table(std::string_view key) const {
    const toml::node* node = root_.get(key);
    if (node == nullptr) return nullptr;
    if (!node->is_table()) fail(*node, fmt::format("'{}' must be a table", key));
    return node->as_table();
  }

  void refuse_unknown(const toml::table& t, std::initializer_list<std::string_view> known,
                      std::string_view prefix) const {
    for (const auto& [key, node] : t) {
      if (std::find(known.begin(), known.end(), key.str()) == known.end()) {
        fail(node, fmt::format("unknown key '{}{}'", prefix, key.str()));
      }
    }
  }

  double number(const toml::node& node, std::string_view name) const {
    const auto value = node.is_number() ? node.value<double>() : std::nullopt;
    if (!value || !std::isfinite(*value)) fail(node, fmt::format("'{}' must be a finite number", name));
    return *value;
  }

  std::vector<std::string> strings(const toml::node& node, std::string_view name) const {
    if (!node.is_array()) fail(node, fmt::format("'{}' must be a list of names", name));
    std::vector<std::string> list;
    for (const toml::node& item : *node.as_array()) {
      const auto text = item.value<std::string>();
      if (!item.is_string() || !text) fail(item, fmt::format("'{}' must hold text", name));
      list.push_back(*text);
    }
    return list;
  }

  void constants(Calibration& c) const {
    const toml::table* groups = table("constants");
    if (groups == nullptr) throw InputError(file_, 0, 0, "no [constants]: not a calibration");
    for (const auto& [group, node] : *groups) {
      if (!node.is_table()) fail(node, fmt::format("'constants.{}' must be a table", group.str()));
      for (const auto& [key, value] : *node.as_table()) {
        const std::string full = fmt::format("{}.{}", group.str(), key.str());
        const auto id = find_constant(full);
        if (!id) fail(value, fmt::format("unknown constant '{}'", full));
        const ConstantInfo& info = constant_table()[static_cast<std::size_t>(*id)];
        const double v = number(value, full);
        if (v < info.low || v > info.high) {
          fail(value, fmt::format("'{}' is {}, outside [{}, {}]", full, v, info.low, info.high));
        }
        c[*id] = v;
        c.fitted[static_cast<std::size_t>(*id)] = true;
      }
    }
    if (const toml::node* priors = root_.get("priors")) {
      for (const std::string& full : strings(*priors, "priors")) {
        const auto id = find_constant(full);
        if (!id) fail(*priors, fmt::format("unknown constant '{}' in 'priors'", full));
        c.fitted[static_cast<std::size_t>(*id)] = false;
      }
    }
  }

  Residual residual(const toml::node& node, std::string_view name) const {
    if (!node.is_table()) fail(node, fmt::format("'residuals.{}' must be a table", name));
    const toml::table& t = *node.as_table();
    refuse_unknown(t, {"low", "high", "rows", name == "step" ? "composed" : ""}, "");
    for (const char* key : {"low", "high", "rows"}) {
      if (!t.contains(key)) fail(node, fmt::format("'residuals.{}' lacks '{}'", name, key));
    }
    const Residual r{number(*t.get("low"), "low"), number(*t.get("high"), "high"),
                     static_cast<int>(number(*t.get("rows"), "rows"))};
    if (!(r.low > 0) || r.high < r.low || r.rows < 1)
      fail(node, fmt::format("'residuals.{}' must have 0 < low <= high", name));
    return r;
  }

  void residuals(const toml::table& t, Calibration& c) const {
    for (const auto& [key, node] : t) {
      if (key.str() == "step") {
        c.step_residual = residual(node, "step");
        if (const toml::node* composed = node.as_table()->get("composed")) {
          c.step_composed = number(*composed, "composed");
          if (!(*c.step_composed > 0)) fail(*composed, "'residuals.step.composed' must be positive");
        }
        continue;
      }
      if (key.str() == "correlation") {
        c.kind_correlation = number(node, "residuals.correlation");
        if (c.kind_correlation < 0 || c.kind_correlation > 1)
          fail(node, "'residuals.correlation' must lie in [0, 1]");
        continue;
      }
      const auto* kind =
          std::find_if(kKinds.begin(), kKinds.end(), [&](KernelKind k) { return name(k) == key.str(); });
      if (kind == kKinds.end()) fail(node, fmt::format("unknown kernel kind 'residuals.{}'", key.str()));
      c.kernel_residuals[*kind] = residual(node, key.str());
    }
  }

  void provenance(const toml::table& t, Calibration& c) const {
    refuse_unknown(t, {"date", "data_hash", "files"}, "provenance.");
    c.provenance.date = t["date"].value_or(std::string());
    c.provenance.data_hash = t["data_hash"].value_or(std::string());
    if (const toml::node* files = t.get("files")) c.provenance.files = strings(*files, "provenance.files");
  }

  const toml::table& root_;
  const std::string& file_;
};

}  // namespace

Calibration parse_calibration(std::string_view toml_text, const std::string& file) {
  try {
    const toml::table root = toml::parse(toml_text, file);
    return Reader(root, file).read();
  } catch (const toml::parse_error& e) {
    throw InputError(file, static_cast<int>(e.source().begin.line), static_cast<int>(e.source().begin.column),
                     std::string(e.description()));
  }
}

std::string write_calibration(const Calibration& c) {
  const auto quoted = [](const auto& list) {
    std::vector<std::string> q;
    for (const std::string& s : list) q.push_back("\"" + s + "\"");
    return fmt::format("[{}]", fmt::join(q, ", "));
  };
  std::string text = "# Written by `roofcast calibrate`; do not edit by hand.\n";
  text +=
      "# Behind the fit: with kernels or steps of networks, with training, inference, and engines that "
      "served.\n";
  for (const auto& [kind, key] : kEvidence) {
    const auto found = c.measured.find(kind);
    text += fmt::format("{} = {}\n", key,
                        quoted(found == c.measured.end() ? std::set<std::string>() : found->second));
  }
  std::vector<std::string> priors;
  for (const ConstantInfo& info : constant_table()) {
    if (!c.fitted[static_cast<std::size_t>(info.id)]) priors.emplace_back(info.name);
  }
  text += "# Constants no observation constrains: still at their prior.\n";
  text += "priors = [\n";
  for (const std::string& p : priors) text += fmt::format("  \"{}\",\n", p);
  text += "]\n\n";
  text += fmt::format("[provenance]\ndate = \"{}\"\ndata_hash = \"{}\"\nfiles = {}\n", c.provenance.date,
                      c.provenance.data_hash, quoted(c.provenance.files));
  std::string_view group;
  for (const ConstantInfo& info : constant_table()) {
    const std::size_t dot = info.name.find('.');
    if (info.name.substr(0, dot) != group) {
      group = info.name.substr(0, dot);
      text += fmt::format("\n[constants.{}]\n", group);
    }
    text += fmt::format("{} = {:#.6g}  # {}\n", info.name.substr(dot + 1), c[info.id], info.description);
  }
  if (!c.kernel_residuals.empty()) {
    text += "\n# Measured over predicted time of chips left out of the fit: 80 % intervals.\n";
    text += fmt::format("[residuals]\ncorrelation = {:#.3g}  # of two kernel kinds on one chip\n",
                        c.kind_correlation);
  }
  const auto residual = [&](std::string_view name, const Residual& r) {
    if (r.rows > 0)
      text += fmt::format("\n[residuals.{}]\nlow = {:#.4g}\nhigh = {:#.4g}\nrows = {}\n", name, r.low, r.high,
                          r.rows);
  };
  for (const auto& [kind, r] : c.kernel_residuals) residual(name(kind), r);
  residual("step", c.step_residual);
  if (c.step_residual.rows > 0 && c.step_composed)
    text += fmt::format("composed = {:#.4g}  # ln(spread) of their kernels at which low and high hold\n",
                        *c.step_composed);
  return text;
}

Calibration embedded_calibration() {
  static const Calibration calibration =
      parse_calibration(embedded_file("calibration.toml"), "calibration.toml");
  return calibration;
}

}  // namespace roofcast
