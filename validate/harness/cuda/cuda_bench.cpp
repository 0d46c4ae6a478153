// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/cuda/cuda_bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <numeric>
#include <random>

#include "validate/harness/cuda/timed_launches.h"

namespace roofcast::harness {
namespace {

constexpr double kMostArena = 8.0 * 1073741824;
/// Steps of a chain in one warp, 8 to 16 cycles each: 10 to 20 ms, in which the host queues hundreds of launches.
constexpr int kHoldSteps = 1 << 21;

std::string version_text(int version) { return fmt::format("{}.{}", version / 1000, version % 1000 / 10); }

/// "580.65.06" of "NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.65.06  ..."; "" where the file is not there.
std::string driver_of_proc() {
  std::ifstream in("/proc/driver/nvidia/version");
  std::string word;
  while (in >> word) {
    if (word.find('.') != std::string::npos && std::isdigit(static_cast<unsigned char>(word[0])) != 0)
      return word;
  }
  return "";
}

/// Compute capability that brought a chain's instruction.
int needed_capability(Micro m) {
  switch (m) {
    case Micro::mma_fp16_fp16:
    case Micro::mma_fp16_fp32: return 70;
    case Micro::mma_int8_int32: return 75;
    case Micro::mma_bf16_fp32:
    case Micro::mma_tf32_fp32: return 80;
    case Micro::mma_fp8_fp32: return 89;
    case Micro::dp4a: return 61;
    default: return 0;
  }
}

/// Pinned or pageable host memory as large as a copy.
class HostBuffer {
 public:
  HostBuffer(const Driver& driver, std::size_t bytes, bool pinned) : driver_(driver) {
    if (pinned) {
      ROOFCAST_CUDA(driver, cuMemAllocHost, &pinned_, bytes);
    } else {
      pageable_.resize(bytes, 1);
    }
  }
  ~HostBuffer() {
    if (pinned_ != nullptr) driver_.cuda.cuMemFreeHost(pinned_);
  }
  HostBuffer(const HostBuffer&) = delete;
  HostBuffer& operator=(const HostBuffer&) = delete;
  void* data() { return pinned_ != nullptr ? pinned_ : pageable_.data(); }

 private:
  const Driver& driver_;
  void* pinned_ = nullptr;
  std::vector<char> pageable_;
};

/// A random cycle over cache lines of 128 bytes, as indices of 4-byte words. Sattolo's algorithm: one cycle, no shorter.
std::vector<unsigned> random_cycle(std::size_t bytes) {
  constexpr std::size_t kLine = 32;  // words
  const std::size_t lines = std::max<std::size_t>(2, bytes / 128);
  std::vector<unsigned> order(lines);
  std::iota(order.begin(), order.end(), 0u);
  std::mt19937 engine(1);
  for (std::size_t i = lines - 1; i > 0; --i) std::swap(order[i], order[engine() % i]);
  std::vector<unsigned> next(lines * kLine, 0);
  for (std::size_t i = 0; i < lines; ++i) next[i * kLine] = order[i] * static_cast<unsigned>(kLine);
  return next;
}

/// A graph of launches, recorded once.
class RecordedGraph {
 public:
  RecordedGraph(const Driver& driver, const Launch& launch, std::int64_t count) : driver_(driver) {
    ROOFCAST_CUDA(driver, cuStreamBeginCapture, driver.stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
    for (std::int64_t i = 0; i < count; ++i) launch();
    ROOFCAST_CUDA(driver, cuStreamEndCapture, driver.stream, &graph_);
    ROOFCAST_CUDA(driver, cuGraphInstantiateWithFlags, &ready_, graph_, 0);
  }
  ~RecordedGraph() {
    if (ready_ != nullptr) driver_.cuda.cuGraphExecDestroy(ready_);
    if (graph_ != nullptr) driver_.cuda.cuGraphDestroy(graph_);
  }
  RecordedGraph(const RecordedGraph&) = delete;
  RecordedGraph& operator=(const RecordedGraph&) = delete;
  void launch() const { ROOFCAST_CUDA(driver_, cuGraphLaunch, ready_, driver_.stream); }

 private:
  const Driver& driver_;
  CUgraph graph_ = nullptr;
  CUgraphExec ready_ = nullptr;
};

}  // namespace

CudaBench::CudaBench(std::unique_ptr<Driver> driver) : driver_(std::move(driver)) {
  std::array<char, 32> address{};
  ROOFCAST_CUDA(*driver_, cuDeviceGetPCIBusId, address.data(), static_cast<int>(address.size()),
                driver_->device);
  nvml_ = Nvml::open(address.data());
  std::size_t free = 0, total = 0;
  ROOFCAST_CUDA(*driver_, cuMemGetInfo, &free, &total);
  const auto l2 = static_cast<std::size_t>(driver_->attribute(CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE));
  flushed_ = std::make_unique<DeviceMemory>(*driver_, std::max<std::size_t>(2 * l2, std::size_t{4} << 20));
  arena_ = std::make_unique<Arena>(
      *driver_, static_cast<std::size_t>(std::min(kMostArena, 0.75 * static_cast<double>(free))) / 256 * 256);
  const auto words = static_cast<unsigned long long>(arena_->size() / 4);
  kernel_launch(*driver_, "roofcast_fill_f32", {4096}, arena_->base(), words)();
  driver_->synchronize();
  auto blas = Blas::open(*driver_);
  if (blas)
    blas_ = std::move(*blas);
  else
    no_blas_ = blas.error();
  auto dnn = Dnn::open(*driver_);
  if (dnn)
    dnn_ = std::move(*dnn);
  else
    no_dnn_ = dnn.error();
  identify();
  auto recorder = ActivityRecorder::open();
  if (recorder) {
    recorder_ = std::move(*recorder);
    identity_.cupti = recorder_->version();
    self_test();
  } else {
    identity_.timing = "CUDA events (" + recorder.error() + ")";
  }
}

void CudaBench::identify() {
  const Driver& d = *driver_;
  std::array<char, 256> name{};
  ROOFCAST_CUDA(d, cuDeviceGetName, name.data(), static_cast<int>(name.size()), d.device);
  std::size_t memory = 0;
  ROOFCAST_CUDA(d, cuDeviceTotalMem, &memory, d.device);
  CUuuid uuid{};
  ROOFCAST_CUDA(d, cuDeviceGetUuid, &uuid, d.device);
  int cuda_version = 0;
  ROOFCAST_CUDA(d, cuDriverGetVersion, &cuda_version);
  identity_.name = name.data();
  identity_.compute_capability =
      fmt::format("{}.{}", d.attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
                  d.attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR));
  identity_.sm_count = d.attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
  identity_.memory = Bytes(static_cast<double>(memory));
  identity_.boost_clock = Hertz(d.attribute(CU_DEVICE_ATTRIBUTE_CLOCK_RATE) * 1e3);
  identity_.memory_clock = Hertz(d.attribute(CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE) * 1e3);
  for (const char byte : uuid.bytes)
    identity_.uuid += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  identity_.cuda =
      fmt::format("built with {}, driver's {}", version_text(CUDA_VERSION), version_text(cuda_version));
  identity_.driver = nvml_ ? nvml_->driver_version() : driver_of_proc();
  if (identity_.driver.empty()) identity_.driver = "CUDA " + version_text(cuda_version);
  identity_.cublas = blas_ ? blas_->version() : no_blas_;
  identity_.cudnn = dnn_ ? dnn_->version() : no_dnn_;
  if (nvml_) {
    identity_.nvml = nvml_->version();
    identity_.power_limit = nvml_->power_limit();
    identity_.ecc = nvml_->ecc();
    identity_.pcie = nvml_->pcie();
  }
}

/// Some CUPTI releases record no kernel, or none with a time (12.4 update 1): events then.
void CudaBench::self_test() {
  identity_.timing = "CUPTI activity records";
  TimedLaunches known(*this, {{kernel_launch(*driver_, "roofcast_empty", {1}), "roofcast"}}, {0}, false);
  const auto runs = known.run(2);
  if (runs && runs->runs.size() == 2) return;
  recorder_.reset();
  identity_.timing = "CUDA events (CUPTI recorded no kernel in a self-test)";
}  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): std::function frees what it holds

void CudaBench::flush() const {
  ROOFCAST_CUDA(*driver_, cuMemsetD32Async, flushed_->address(), 0x3f800000u, flushed_->size() / 4,
                driver_->stream);
}

tl::expected<CounterValues, std::string> CudaBench::count(const Action& reset, const Action& work) {
  const RecordingPause pause(recorder_.get());
  if (!counters_) {
    auto opened = open_counters(*driver_);
    if (!opened) return tl::unexpected(opened.error());
    counters_ = std::move(*opened);
  }
  return counters_->collect(reset, work);
}

Launcher CudaBench::launcher(const OpCase& op) {
  if (const auto* gemm = std::get_if<Gemm>(&op.op)) {
    if (!blas_) throw Unsupported(no_blas_);
    return blas_->product(*arena_, *gemm, op.numerics);
  }
  if (std::holds_alternative<Conv2d>(op.op))
    return dnn_ ? dnn_->convolution(*arena_, op) : implicit_gemm_launcher(*driver_, *arena_, op);
  return op_launcher(*driver_, *arena_, op);
}

tl::expected<std::unique_ptr<Prepared>, std::string> CudaBench::prepare(const Case& c) {
  try {
    if (const auto* micro = std::get_if<MicroCase>(&c.subject)) return prepare_micro(*micro);
    if (const auto* op = std::get_if<OpCase>(&c.subject))
      return std::make_unique<TimedLaunches>(*this, std::vector<Launcher>{launcher(*op)}, std::vector<int>{0},
                                             c.load == Load::burst);
    const auto& step = std::get<StepCase>(c.subject);
    std::vector<Launcher> launchers;
    for (const OpCase& op : step.kernels) launchers.push_back(launcher(op));
    return std::make_unique<TimedLaunches>(*this, std::move(launchers), step.order, false);
  } catch (const std::runtime_error& e) {  // CudaError, Unsupported
    return tl::unexpected(std::string(e.what()));
  }
}

std::unique_ptr<Prepared> CudaBench::prepare_micro(const MicroCase& m) {
  const Driver& d = *driver_;
  const auto timed = [&](Launch launch) -> std::unique_ptr<Prepared> {
    return std::make_unique<TimedLaunches>(*this, std::vector<Launcher>{{std::move(launch), "roofcast"}},
                                           std::vector<int>{0}, false);
  };
  const auto host = [&](Launch action) -> std::unique_ptr<Prepared> {
    return std::make_unique<HostTimed>(*this, std::move(action), "driver");
  };
  const auto queued = [&](Launch launches) -> std::unique_ptr<Prepared> {
    const Launch hold =
        kernel_launch(d, "roofcast_fma_fp32", {1, 1, 32}, arena_->take(4), kHoldSteps, 0.999f, 0.001f);
    return std::make_unique<QueuedLaunches>(*this, hold, std::move(launches));
  };
  const auto sms = static_cast<unsigned>(identity_.sm_count);
  const auto bytes = static_cast<std::size_t>(m.size);
  const auto copied = [&](bool pinned) {
    return std::pair(std::make_shared<HostBuffer>(d, bytes, pinned),
                     arena_->take(static_cast<double>(bytes)));
  };
  const auto up = [&](bool pinned) {
    return host([&d, bytes, both = copied(pinned)] {
      ROOFCAST_CUDA(d, cuMemcpyHtoDAsync, both.second, both.first->data(), bytes, d.stream);
      d.synchronize();
    });
  };
  const auto down = [&](bool pinned) {
    return host([&d, bytes, both = copied(pinned)] {
      ROOFCAST_CUDA(d, cuMemcpyDtoHAsync, both.first->data(), both.second, bytes, d.stream);
      d.synchronize();
    });
  };
  const auto streams = [&](const char* kernel, int tensors, auto... places) {
    const auto packs = static_cast<unsigned long long>(bytes / static_cast<std::size_t>(tensors) / 16);
    const auto enough = static_cast<unsigned>(std::min<unsigned long long>(packs / 256 + 1, sms * 16ull));
    return timed(kernel_launch(d, kernel, {enough}, places..., packs));
  };
  const auto part = [&](int of) { return arena_->take(static_cast<double>(m.size) / of); };
  switch (m.micro) {
    case Micro::read: return streams("roofcast_read", 1, part(1), arena_->take(16));
    case Micro::copy: return streams("roofcast_copy", 2, part(2), part(2));
    case Micro::triad: return streams("roofcast_triad", 3, part(3), part(3), part(3));
    case Micro::chase: {
      const std::vector<unsigned> next = random_cycle(bytes);
      const auto at = std::make_shared<DeviceMemory>(d, next.size() * 4);
      ROOFCAST_CUDA(d, cuMemcpyHtoD, at->address(), next.data(), next.size() * 4);
      const Launch chase = kernel_launch(d, "roofcast_chase", {1, 1, 1}, at->address(), arena_->take(4),
                                         static_cast<int>(kChaseLoads));
      return timed([at, chase] { chase(); });
    }
    case Micro::h2d_pinned: return up(true);
    case Micro::h2d_pageable: return up(false);
    case Micro::d2h_pinned: return down(true);
    case Micro::d2h_pageable: return down(false);
    case Micro::launch_empty: return timed(kernel_launch(d, "roofcast_empty", {1, 1, 32}));
    case Micro::launch_queued:
      return queued([empty = kernel_launch(d, "roofcast_empty", {1, 1, 32}), n = m.size] {
        for (std::int64_t i = 0; i < n; ++i) empty();
      });
    case Micro::launch_latency:
    case Micro::launch_rate: {
      const Launch empty = kernel_launch(d, "roofcast_empty", {1, 1, 32});
      return host([&d, empty, n = m.size] {
        for (std::int64_t i = 0; i < n; ++i) empty();
        d.synchronize();
      });
    }
    case Micro::launch_graph: {
      const auto graph =
          std::make_shared<RecordedGraph>(d, kernel_launch(d, "roofcast_empty", {1, 1, 32}), m.size);
      return queued([graph] { graph->launch(); });
    }
    default: break;
  }
  if (d.capability() < needed_capability(m.micro)) throw Unsupported("the GPU lacks the instruction");
  if (m.micro == Micro::mma_fp8_fp32 && CUDA_VERSION < 12040)
    throw Unsupported("FP8 in mma.sync needs a build with CUDA 12.4 or newer");
  const ChainShape s = chain_shape(m.micro);
  const LaunchShape shape{sms * static_cast<unsigned>(s.blocks_per_sm), 1, static_cast<unsigned>(s.threads)};
  return timed(kernel_launch(d, "roofcast_" + std::string(name(m.micro)), shape, arena_->take(4),
                             static_cast<int>(m.size), 0.999f, 0.001f));
}

tl::expected<std::unique_ptr<Bench>, std::string> open_bench() {
  auto driver = Driver::open();
  if (!driver) return tl::unexpected(driver.error());
  try {
    return std::make_unique<CudaBench>(std::move(*driver));
  } catch (const std::runtime_error& e) {
    return tl::unexpected(std::string(e.what()));
  }
}

}  // namespace roofcast::harness
