// What a quoted rate or datasheet figure is, when it is not what it is said to be.
// SPDX-License-Identifier: Apache-2.0
#include "cli/judgement.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "cli/fact.h"
#include "model/gpu/throughput.h"

namespace roofcast::cli {
namespace {

/// Zero is never a rounded way to write another number.
bool same(const Claim& claim, double value, double slack) {
  if ((claim.value == 0) != (value == 0)) return false;
  return std::abs(claim.value - value) <= std::max(claim.half_digit * (1 + 1e-9), slack * value);
}

/// Vendors round clocks and peaks: 40 is quoted for 40.96, 17 for 16.7.
constexpr double kRateSlack = 0.03;

/// One peak of a board, in the claim's unit.
struct Figure {
  Peak peak;
  double value = 0;
};

/// Dense and sparse peaks of a board, first the one frameworks get: tensor cores before CUDA cores, FP32 (or
/// INT32) accumulation before FP16.
std::vector<Figure> figures(const Gpu& gpu, bool per_watt) {
  std::vector<Figure> result;
  for (const Rate& rate : gpu.rates) {
    for (Sparsity sparsity : {Sparsity::dense, Sparsity::structured_2_4}) {
      const auto p = peak(gpu, rate.path, rate.input, rate.accumulate, sparsity);
      if (p) result.push_back({*p, in_teraflops(p->value()) / (per_watt ? gpu.tdp.value : 1)});
    }
  }
  const auto rank = [](const Figure& f) {
    return 2 * (f.peak.path == Path::cuda_core) + (f.peak.accumulate == NumberFormat::fp16);
  };
  std::stable_sort(result.begin(), result.end(),
                   [&](const Figure& a, const Figure& b) { return rank(a) < rank(b); });
  return result;
}

std::string upper(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return result;
}

/// "the dense FP16 figure of the tensor cores with FP32 accumulation"
std::string describe(const Peak& p) {
  return fmt::format("the {} {} figure of the {} with {} accumulation",
                     p.sparsity == Sparsity::dense ? "dense" : "2:4-sparse", upper(name(p.input)),
                     p.path == Path::tensor_core ? "tensor cores" : "CUDA cores", upper(name(p.accumulate)));
}

std::string print(double value, const Claim& claim) {
  return number(value, claim) + (claim.unit.empty() ? "" : " " + claim.unit);
}

/// What else the quoted rate could be; at most two, the board's own multiples first.
std::vector<std::string> explanations(const Claim& claim, const Gpu& gpu, const std::vector<Figure>& own,
                                      const std::vector<Gpu>& boards) {
  std::vector<std::string> found;
  const auto add = [&](double value, const std::string& what) {
    if (found.size() < 2 && same(claim, value, kRateSlack))
      found.push_back(print(value, claim) + " is " + what);
  };
  for (const Figure& f : own) {
    if (f.peak.input != *claim.format) continue;
    if (f.peak.sparsity == Sparsity::structured_2_4) add(2 * f.value, "twice " + describe(f.peak));
    if (f.peak.sparsity == Sparsity::dense) {
      add(f.value, describe(f.peak));
      add(f.value / 2, "half of " + describe(f.peak));
    }
  }
  for (const Figure& f : own) {
    if (f.peak.input == NumberFormat::fp32) add(2 * f.value, "twice " + describe(f.peak));
  }
  for (const Figure& f : own) {
    if (f.peak.input != *claim.format) add(f.value, describe(f.peak));
  }
  for (const Gpu& other : boards) {
    if (other.chip != gpu.chip || other.slug == gpu.slug) continue;
    for (const Figure& f : figures(other, claim.per_watt)) {
      if (f.peak.input == *claim.format) add(f.value, fmt::format("{} of {}", describe(f.peak), other.slug));
    }
  }
  return found;
}

void add_notes(Judgement& judgement, const Gpu& gpu, std::string_view topic) {
  for (const Note& note : gpu.notes) {
    if (note.topic == topic) judgement.why.push_back(note.text);
  }
}

using Figures = std::vector<const Figure*>;

const Figure* match(const Claim& claim, const Figures& figures) {
  const auto at = std::find_if(figures.begin(), figures.end(),
                               [&](const Figure* f) { return same(claim, f->value, kRateSlack); });
  return at == figures.end() ? nullptr : *at;
}

std::string derivation(const Figure& figure, const Claim& claim, const Gpu& gpu) {
  std::string text = figure.peak.derivation(gpu);
  if (claim.per_watt) text += fmt::format("; / {:.4g} W = {}", gpu.tdp.value, print(figure.value, claim));
  return text;
}

void not_supported(Judgement& result, const Gpu& gpu) {
  const Claim& claim = result.claim;
  result.verdict = claim.value == 0 ? Verdict::ok : Verdict::not_supported;
  result.verdict_text = claim.value == 0 ? "ok" : "not supported";
  result.why.push_back(fmt::format("{} has no {}{} arithmetic", gpu.name, claim.sparse ? "2:4-sparse " : "",
                                   upper(name(*claim.format))));
  for (const Rate& rate : gpu.rates) {
    if (rate.input == *claim.format && !rate.note.empty() && !claim.sparse) result.why.push_back(rate.note);
  }
}

/// `figure` is what the claim says, though perhaps not the one a framework gets.
void confirmed(Judgement& result, const Figure& figure, const Figure& reference, const Gpu& gpu) {
  result.verdict = Verdict::ok;
  result.verdict_text = "ok";
  result.derivation = derivation(figure, result.claim, gpu);
  result.why.push_back("it is " + describe(figure.peak));
  if (!same(result.claim, reference.value, kRateSlack)) {
    result.why.push_back("frameworks get " + print(reference.value, result.claim) + ": " +
                         describe(reference.peak));
  }
}

/// `figure` is sparse where dense was claimed, or the other way round; `expected` are those of the claimed
/// kind.
void swapped(Judgement& result, const Figure& figure, const Figures& expected, const Gpu& gpu) {
  result.verdict = result.claim.sparse ? Verdict::wrong_rate : Verdict::sparse_as_dense;
  result.verdict_text = result.claim.sparse ? "dense quoted as sparse" : "sparse quoted as dense";
  result.derivation = derivation(figure, result.claim, gpu);
  result.why.push_back("it is " + describe(figure.peak));
  double last = 0;
  for (const Figure* f : expected) {
    if (f->peak.path != figure.peak.path || f->value == last) continue;
    result.why.push_back(print(f->value, result.claim) + " is " + describe(f->peak));
    last = f->value;
  }
}

Judgement judge_rate(const Claim& claim, const Gpu& gpu, const std::vector<Gpu>& boards) {
  Judgement result{claim, Verdict::wrong_rate, "", std::nullopt, std::nullopt, "", {}};
  const std::vector<Figure> own = figures(gpu, claim.per_watt);
  Figures expected, other;  // dense or sparse as claimed, and the other way
  for (const Figure& f : own) {
    if (f.peak.input != *claim.format) continue;
    const bool sparse = f.peak.sparsity == Sparsity::structured_2_4;
    (sparse == claim.sparse ? expected : other).push_back(&f);
    auto& column = sparse ? result.sparse : result.derived;
    if (!column) column = f.value;
  }
  if (expected.empty()) {
    not_supported(result, gpu);
  } else if (const Figure* figure = match(claim, expected)) {
    confirmed(result, *figure, *expected.front(), gpu);
    return result;
  } else if (const Figure* swap = match(claim, other)) {
    swapped(result, *swap, expected, gpu);
  } else {
    const Figure& reference = *expected.front();
    const double ratio = claim.value / reference.value;
    result.verdict_text =
        ratio < 100 ? fmt::format("wrong rate (x{:.2g})", ratio) : fmt::format("wrong rate (x{:.0f})", ratio);
    result.derivation = derivation(reference, claim, gpu);
    result.why = explanations(claim, gpu, own, boards);
    if (claim.value == 0) result.why.push_back("the hardware has it: " + describe(reference.peak));
    const Rate* rate = find_rate(gpu, reference.peak.path, reference.peak.input, reference.peak.accumulate);
    if (rate != nullptr && !rate->note.empty()) result.why.push_back(rate->note);
  }
  add_notes(result, gpu, name(*claim.format));
  return result;
}

Judgement judge_fact(const Claim& claim, const Fact& fact, const Gpu& gpu, const std::vector<Gpu>& boards) {
  Judgement result{claim, Verdict::ok, "ok", fact.value(gpu), std::nullopt, fact.derivation(gpu), {}};
  if (!result.derived) {
    result.verdict = Verdict::unknown;
    result.verdict_text = "unknown";
    result.derivation.clear();
    result.why.push_back(fmt::format("the base has no {} for {}", fact.name, gpu.name));
    return result;
  }
  if (same(claim, *result.derived, fact.slack)) return result;
  result.verdict = Verdict::wrong;
  result.verdict_text =
      *result.derived == 0 ? "wrong" : fmt::format("wrong (x{:.3g})", claim.value / *result.derived);
  for (const Gpu& other : boards) {
    const auto value = fact.value(other);
    if (other.chip == gpu.chip && other.slug != gpu.slug && value && same(claim, *value, fact.slack)) {
      result.why.push_back(fmt::format("{} is the figure of {}", print(*value, claim), other.slug));
    }
  }
  add_notes(result, gpu, fact.name);
  return result;
}

}  // namespace

std::string number(double value, const Claim& claim) {
  if (!claim.format) return fmt::format("{:.5g}", value);
  return value >= 99.95 ? fmt::format("{:.0f}", value) : fmt::format("{:#.3g}", value);
}

bool is_wrong(Verdict verdict) { return verdict != Verdict::ok && verdict != Verdict::unknown; }

Judgement judge(const Claim& claim, const Gpu& gpu, const std::vector<Gpu>& boards) {
  if (claim.format) return judge_rate(claim, gpu, boards);
  return judge_fact(claim, *find_fact(claim.figure), gpu, boards);
}

}  // namespace roofcast::cli
