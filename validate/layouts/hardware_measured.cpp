// Achieved figures of single boards from many sources. Matrix products of a stated size, streams through memory and tokens
// a second are read; the rest says why not.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <regex>
#include <tuple>

#include "validate/layouts/cells.h"
#include "validate/layouts/language_rows.h"
#include "validate/layouts/readers.h"

namespace roofcast {
namespace {

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

/// Why a figure is not of a vendor's or a framework's kernel under the board's own power limit; nothing if it is.
std::optional<std::string> unusable(std::string_view quantity, std::string_view conditions,
                                    std::string_view source) {
  constexpr std::array kOtherKernels{"own kernel", "Triton", "hand-written", "CUTLASS",
                                     "TensorRT",   "half2",  "slower run",   "SmoothQuant"};
  for (const std::string_view other : kOtherKernels) {
    if (contains(quantity, other)) return fmt::format("{}: not the vendor library's kernel", other);
  }
  if (contains(quantity, "incl. activation quantisation")) return "the time includes quantisation kernels";
  if (contains(quantity, "NVFP4") || contains(quantity, "MXFP8")) return "scales of blocks are not modelled";
  if (contains(quantity, "MAMF") || contains(quantity, "best")) return "the best of a search";
  if (contains(conditions, " cap")) return "ran under another power limit";
  if (source.starts_with("search excerpt")) return "how it was measured is not published";
  for (const std::string_view own : {"DeepBench", "NeuSight", "gemm-zoo"}) {
    // NeuSight's medians of streams are of boards its table lacks, too.
    if (contains(source, own) && !contains(quantity, "elementwise"))
      return fmt::format("{} has a table of its own", own);
  }
  return std::nullopt;
}

/// M, N and K of "square 4096", "8192 cubed", "M=64 N=12288 K=12288" and "shape MxNxK 1024x10240x5120".
std::optional<Gemm> shape_of(std::string_view quantity, std::string_view conditions) {
  static const std::regex three(R"((?:^| )(?:M=)?(\d+)(?:x| N=)(\d+)(?:x| K=)(\d+)(?:[,; ]|$))");
  static const std::regex one(R"((?:square (?:N=)?|^|linear )(\d+)(?:[,; ]|$))");
  const auto number = [](const std::csub_match& m) {
    return leading_count(std::string_view(m.first, m.length()));
  };
  for (const std::string_view text : {conditions, quantity}) {
    std::cmatch found;
    if (std::regex_search(text.data(), text.data() + text.size(), found, three)) {
      const auto m = number(found[1]), n = number(found[2]), k = number(found[3]);
      if (m && n && k) return Gemm{.m = *m, .n = *n, .k = *k};
    }
    const bool cube = contains(text, "square") || contains(text, "cubed") || contains(text, "linear ");
    if (cube && std::regex_search(text.data(), text.data() + text.size(), found, one)) {
      if (const auto size = number(found[1])) return Gemm{.m = *size, .n = *size, .k = *size};
    }
  }
  return std::nullopt;
}

/// Full-size operands a kernel that streams through memory reads and writes; nothing for any other.
std::optional<Pointwise> stream_of(std::string_view quantity) {
  constexpr std::array<std::tuple<std::string_view, double, double>, 9> kKernels{
      {{"memory bandwidth scale", 1, 1},
       {"memory bandwidth triad", 2, 1},
       {"memory bandwidth vector add", 2, 1},
       {"memory bandwidth, PyTorch elementwise add", 2, 1},
       {"memory bandwidth, PyTorch elementwise relu", 1, 1},
       {"memory bandwidth PyTorch STREAM", 2, 1},
       {"memory bandwidth PyTorch STREAM add", 2, 1},
       {"memory bandwidth PyTorch STREAM copy", 1, 1},
       {"memcpy bandwidth", 1, 1}}};
  for (const auto& [name, reads, writes] : kKernels) {
    if (quantity == name) return Pointwise{0, reads, writes, 1};
  }
  return std::nullopt;
}

/// The number a pattern found; 0 for one too large to be any.
double number(const std::csub_match& digits) {
  double value = 0;
  const auto read = std::from_chars(digits.first, digits.second, value);
  return read.ec == std::errc() ? value : 0;
}

/// What moved and how long it took: of "32.000 MiB read + 16.000 MiB written, GPU time 157.701 us (152.022 us back to
/// back)", or at `rate` a gigabyte for every operand where only a rate is stated.
struct Streamed {
  Bytes bytes;
  Seconds time;
  bool stated;
};
Streamed streamed(const Pointwise& p, std::string_view conditions, BytesPerSecond rate) {
  static const std::regex sizes(
      R"((\d+\.\d+) ([KM])iB read \+ (\d+\.\d+) [KM]iB written, .*\((\d+\.\d+) (u|m)s back to back\))");
  constexpr Bytes kLargest(1e15);
  std::cmatch found;
  if (std::regex_search(conditions.data(), conditions.data() + conditions.size(), found, sizes)) {
    const Bytes bytes((number(found[1]) + number(found[3])) * (found[2] == "K" ? 1024.0 : 1024.0 * 1024));
    const Seconds time = found[5] == "u" ? microseconds(number(found[4])) : milliseconds(number(found[4]));
    if (bytes > Bytes(0) && bytes < kLargest && time > Seconds(0)) return {bytes, time, true};
  }
  const Bytes bytes((p.reads + p.writes) * 1e9);
  return {bytes, bytes / rate, false};
}

/// Tokens a second of "LLaMA-3 8B F16 46.51 tok/s x 16.07 GB file"; nothing where it states none.
std::optional<double> tokens_per_second(std::string_view conditions) {
  static const std::regex rate(R"(LLaMA-3 8B F16 (\d+\.\d+) tok/s)");
  std::cmatch found;
  if (!std::regex_search(conditions.data(), conditions.data() + conditions.size(), found, rate))
    return std::nullopt;
  const double value = number(found[1]);
  return value > 0 ? std::optional(value) : std::nullopt;
}

/// aiconfigurator subtracts launches; these others wait for every call.
Timing timing_of(std::string_view source) {
  if (contains(source, "aiconfigurator")) return Timing::recorded;
  const bool waits = contains(source, "LLMCompass") || contains(source, "jetson-orin-matmul-analysis");
  return waits ? Timing::isolated_call : Timing::back_to_back;
}

std::optional<std::variant<Precision, Numerics>> numerics_of(std::string_view quantity) {
  if (contains(quantity, "FP16-accumulate"))
    return Numerics{NumberFormat::fp16, NumberFormat::fp16, NumberFormat::fp16, Path::tensor_core};
  constexpr std::array<std::pair<std::string_view, Precision>, 7> kNames{{{"BF16/FP16", Precision::fp16},
                                                                          {"BF16", Precision::bf16},
                                                                          {"FP16", Precision::fp16},
                                                                          {"TF32", Precision::tf32},
                                                                          {"FP32", Precision::fp32_strict},
                                                                          {"FP8", Precision::fp8},
                                                                          {"INT8", Precision::int8}}};
  for (const auto& [name, precision] : kNames) {
    if (contains(quantity, name)) return precision;
  }
  return std::nullopt;
}

}  // namespace

RowReader read_hardware_measured(const CsvHeader& h, const Profiles& profiles) {
  return [&profiles, stacks = StackChooser(profiles, "hardware/measured", h), gpu = h.at("gpu"),
          quantity = h.at("quantity"), value = h.at("value"), unit = h.at("unit"),
          conditions = h.at("conditions"), source = h.at("source")](const CsvRow& row, Observation& o) {
    const std::string_view what = row.text(quantity);
    o.device = row.text(gpu);
    o.kind = what;
    o.measured.reset();
    const auto leave = [&](std::string reason) { o.subject = Unmodelled{std::move(reason)}; };
    const bool product = what.starts_with("GEMM") || contains(what, "matmul") || what.starts_with("linear");
    const bool rate = row.text(unit) == "TFLOPS" || row.text(unit) == "TOPS";
    const auto stream_kernel = row.text(unit) == "GB/s" ? stream_of(what) : std::nullopt;
    const bool decoding = what == "LLM decode effective bandwidth";
    if (!stream_kernel && !decoding && (!product || !rate))
      return leave("not the rate of a kernel or network that is modelled");
    if (auto reason = unusable(what, row.text(conditions), row.text(source))) return leave(*reason);
    if (decoding) {
      // The repository's README times the generation of 1,024 tokens.
      const auto tokens = tokens_per_second(row.text(conditions));
      if (!tokens) return leave("no tokens a second are stated");
      return set_subject(o, language_job({"llama-3-8b", "fp16", "tg1024", true, 1, *tokens},
                                         stacks.choose(row), profiles, o.measured));
    }
    if (stream_kernel) {
      Pointwise stream = *stream_kernel;
      const Streamed done = streamed(stream, row.text(conditions), gigabytes_per_second(row.positive(value)));
      stream.elements = static_cast<std::int64_t>(done.bytes.value / (stream.reads + stream.writes) / 4);
      o.measured = done.time;
      o.subject = KernelCase{.op = stream,
                             .timing = done.stated ? Timing::back_to_back : Timing::recorded,
                             .rate = !done.stated};
      return;
    }
    const auto shape = shape_of(what, row.text(conditions));
    if (!shape) return leave("no size is stated");
    const auto numerics = numerics_of(what);
    if (!numerics) return leave("precision is not modelled");
    const double operations = flops(*shape).value;
    check_work(row, operations);
    o.measured = Seconds(operations / (row.positive(value) * 1e12));
    o.subject = KernelCase{*shape, *numerics, timing_of(row.text(source))};
  };
}

}  // namespace roofcast
