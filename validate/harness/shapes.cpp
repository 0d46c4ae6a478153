// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/shapes.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>

#include "model/graph/lower.h"

namespace roofcast::harness {
namespace {

bool same(const OpCase& a, const OpCase& b) {
  return a.op == b.op && a.numerics == b.numerics && a.channels_last == b.channels_last;
}

/// Log-uniform in [low, high], a multiple of 8 three times out of four, as layers are.
class RandomSizes {
 public:
  std::int64_t next(double low, double high) {
    const double share = static_cast<double>(engine_()) / static_cast<double>(std::mt19937::max());
    const auto size = static_cast<std::int64_t>(std::exp(std::log(low) + share * std::log(high / low)));
    return engine_() % 4 == 0 ? size : std::max<std::int64_t>(8, size / 8 * 8);
  }

 private:
  std::mt19937 engine_{20251125};  // the same shapes on every machine
};

Execution execution(const WorkloadRequest& w, Precision precision, const std::string& stack) {
  Execution e;
  e.mode = w.mode;
  e.precision = precision;
  e.optimizer = w.mode == Mode::training ? find_workload(w).default_optimizer : Optimizer::none;
  e.stack = find_stack(stack).value();
  return e;
}

WorkloadRequest request(const char* name, Mode mode, std::int64_t batch,
                        std::optional<std::int64_t> seq = {}) {
  WorkloadRequest w;
  w.name = name;
  w.mode = mode;
  w.batch = batch;
  w.sequence_length = seq;
  return w;
}

/// Half precision runs channels-last, as frameworks advise; the rest in NCHW.
const char* stack_for(Precision p) { return p == Precision::amp_fp16 ? "channels-last" : "eager"; }

}  // namespace

std::vector<Numerics> product_formats(const Gpu& gpu) {
  std::vector<Numerics> formats;
  for (const Precision p : {Precision::fp32_strict, Precision::tf32, Precision::fp16, Precision::bf16,
                            Precision::fp8, Precision::int8}) {
    try {
      const Numerics n = resolve_product(p, false, gpu, nullptr);
      const bool emulated =
          n.storage == NumberFormat::bf16 && n.path == Path::cuda_core;  // no library has it
      if (!emulated && std::find(formats.begin(), formats.end(), n) == formats.end()) formats.push_back(n);
    } catch (const std::domain_error&) {
      continue;  // the board lacks it
    }
  }
  return formats;
}

std::vector<Gemm> gemm_shapes(Suite suite) {
  std::vector<Gemm> shapes;
  const auto linear = [&](std::int64_t m, std::int64_t n, std::int64_t k) {
    Gemm g{1, m, n, k};
    g.b_transposed = true;
    shapes.push_back(g);
  };
  const bool full = suite == Suite::full;
  for (const std::int64_t size : {512, 1024, 2048, 4096}) linear(size, size, size);
  for (const std::int64_t tokens : {1024, 4096}) {  // BERT-base and -large
    for (const std::int64_t width : {768, 1024}) {
      linear(tokens, width, width);
      linear(tokens, 4 * width, width);
    }
  }
  for (const std::int64_t m : {1, 16, 128}) linear(m, 4096, 4096);
  if (full) {
    for (const std::int64_t size : {128, 256, 3072, 6144, 8192}) linear(size, size, size);
    for (const std::int64_t edge : {129, 257, 513, 1025, 2049}) linear(edge, edge - 1, edge - 1);
    for (const std::int64_t m : {1, 2, 4, 8, 17, 32, 64, 129, 256, 512}) {  // decoding, and one past a tile
      linear(m, 4096, 4096);
      linear(m, 11008, 4096);
      linear(m, 4096, 14336);
    }
    for (const std::int64_t tokens : {128, 512, 8192}) {
      for (const std::int64_t width : {768, 1024}) {
        linear(tokens, 3 * width, width);
        linear(tokens, width, 4 * width);
      }
    }
    linear(2048, 30522, 768);
    linear(64, 1000, 2048);
    RandomSizes sizes;
    for (int i = 0; i < 40; ++i) linear(sizes.next(16, 8192), sizes.next(64, 8192), sizes.next(64, 8192));
  }
  const auto heads = [&](std::int64_t batch, std::int64_t seq, std::int64_t dim) {
    Gemm scores{batch, seq, seq, dim}, context{batch, seq, dim, seq};
    scores.b_transposed = true;
    shapes.push_back(scores);
    shapes.push_back(context);
  };
  heads(96, 128, 64);
  heads(128, 384, 64);
  if (full) {
    for (const std::int64_t seq : {256, 512, 1024, 2048}) heads(24, seq, 64);
    for (const std::int64_t seq : {512, 1024}) heads(32, seq, 128);
  }
  return shapes;
}

StepCase step_case(const WorkloadRequest& w, Precision precision, const Gpu& gpu) {
  StepCase step;
  step.workload = w;
  step.precision = precision;
  for (const Kernel& k : lower(build(w), gpu, execution(w, precision, stack_for(precision))).kernels) {
    const OpCase added{k.op, k.numerics, k.channels_last};
    const auto known = std::find_if(step.kernels.begin(), step.kernels.end(),
                                    [&](const OpCase& o) { return same(o, added); });
    const auto index = static_cast<int>(known - step.kernels.begin());
    if (known == step.kernels.end()) step.kernels.push_back(added);
    for (std::int64_t i = 0; i < k.count; ++i) step.order.push_back(index);
  }
  return step;
}

std::vector<StepCase> steps(Suite suite, const Gpu& gpu) {
  std::vector<StepCase> list;
  const auto add = [&](const WorkloadRequest& w, Precision precision) {
    try {
      list.push_back(step_case(w, precision, gpu));
    } catch (const std::domain_error&) {
      return;  // the board lacks the format
    }
  };
  WorkloadRequest decode = request("gpt2-small", Mode::inference, 1, 1);
  decode.context = 511;  // tokens that the key-value cache holds
  add(request("resnet50", Mode::training, 16), Precision::fp32);
  if (suite == Suite::quick) return list;
  add(request("resnet50", Mode::training, 16), Precision::amp_fp16);
  add(request("bert-base", Mode::training, 8, 128), Precision::fp32);
  add(request("bert-base", Mode::training, 8, 128), Precision::amp_fp16);
  add(decode, Precision::fp32);
  add(decode, Precision::fp16);
  return list;
}

std::vector<OpCase> convolutions(Suite suite, const Gpu& gpu) {
  std::vector<OpCase> list;
  for (const Precision p : {Precision::fp32_strict, Precision::fp32, Precision::amp_fp16}) {
    if (suite == Suite::quick && p == Precision::fp32) continue;
    const WorkloadRequest w = request("resnet50", Mode::training, suite == Suite::quick ? 8 : 32);
    for (const OpCase& o : step_case(w, p, gpu).kernels) {
      if (!std::holds_alternative<Conv2d>(o.op)) continue;
      if (std::none_of(list.begin(), list.end(), [&](const OpCase& known) { return same(known, o); }))
        list.push_back(o);
    }
  }
  return list;
}

std::vector<OpCase> other_ops(Suite suite, const Gpu& gpu) {
  std::vector<OpCase> list;
  const Numerics single{};
  const Numerics half{NumberFormat::fp16, NumberFormat::fp32, NumberFormat::fp32, Path::cuda_core};
  const auto add = [&](const Op& op, const Numerics& n, bool channels_last = false) {
    const OpCase added{op, n, channels_last};
    if (std::none_of(list.begin(), list.end(), [&](const OpCase& known) { return same(known, added); }))
      list.push_back(added);
  };
  const bool full = suite == Suite::full;
  constexpr std::int64_t kEarlyPixels = 3136, kLatePixels = 49;  // of ResNet-50: 56² and 7²
  for (const Numerics& n : {single, half}) {
    for (std::int64_t elements = 1 << 16; elements <= 1 << 27; elements *= full ? 4 : 64) {
      add(Pointwise{elements, 1, 1, 1}, n);
      add(Pointwise{elements, 2, 1, 1}, n);
      if (full) add(Pointwise{elements, 1, 1, 10}, n);
      if (full) add(Pointwise{elements, 3, 2, 4}, n);
    }
    using Kind = Rowwise::Kind;
    for (const Kind kind :
         {Kind::softmax, Kind::layer_norm, Kind::softmax_backward, Kind::layer_norm_backward}) {
      for (const std::int64_t cols : {128, 768, 1024, 4096}) {
        for (const std::int64_t rows : {512, 4096, 32768}) {
          if (full || (rows == 4096 && cols == 768)) add(Rowwise{kind, rows, cols}, n);
        }
      }
    }
    add(Embedding{4096, 768, 30522}, n);
    add(Reduction{std::int64_t{1} << 24, 1}, n);
    add(Copy{std::int64_t{1} << 24, 1, 1, true}, n);
    add(Pool{Pool::Kind::max, 32, 64, 112, 112, 56, 56, 3}, n);
    if (full) {
      add(Rowwise{Kind::rms_norm, 4096, 4096}, n);
      add(Rowwise{Kind::cross_entropy, 4096, 30522}, n);
      add(Embedding{16384, 1024, 50257}, n);
      add(Embedding{4096, 768, 30522, true}, n);
      add(Reduction{std::int64_t{1} << 22, 768}, n);
      add(Pool{Pool::Kind::average, 32, 2048, 7, 7, 1, 1, 7}, n);
      add(Copy{std::int64_t{1} << 26, 1, 1, false}, n);
    }
  }
  for (const auto kind : {BatchNorm::Kind::training, BatchNorm::Kind::backward, BatchNorm::Kind::inference}) {
    add(BatchNorm{kind, 32, 64, kEarlyPixels}, single);
    if (full) add(BatchNorm{kind, 32, 256, kEarlyPixels}, single);
    if (full) add(BatchNorm{kind, 32, 512, kLatePixels}, single);
    if (full) add(BatchNorm{kind, 32, 64, kEarlyPixels}, half);
    if (full) add(BatchNorm{kind, 32, 256, kEarlyPixels}, half, true);
  }
  for (const double bytes : {20.0, 28.0}) {  // SGD with momentum, Adam
    add(OptimizerStep{25557032, Bytes(bytes), bytes > 20 ? 12.0 : 4.0, 1}, single);
    if (full) add(OptimizerStep{109482240, Bytes(bytes), bytes > 20 ? 12.0 : 4.0, 1}, single);
  }
  if (full) {
    for (const StepCase& step : steps(Suite::full, gpu)) {
      for (const OpCase& o : step.kernels) {
        const bool product = std::holds_alternative<Gemm>(o.op) || std::holds_alternative<Conv2d>(o.op);
        if (!product) add(o.op, o.numerics, o.channels_last);
      }
    }
  }
  return list;
}

}  // namespace roofcast::harness
