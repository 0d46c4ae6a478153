// What runs cases: a GPU, or a fake in tests.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "validate/harness/activity_log.h"
#include "validate/harness/case.h"

namespace roofcast::harness {

/// The board as its driver describes it, and the software around it.
struct Identity {
  std::string name;                // "Quadro P4000"
  std::string compute_capability;  // "6.1"
  int sm_count = 0;
  Bytes memory;
  Hertz boost_clock, memory_clock;  // as the driver lists them
  std::optional<Watts> power_limit;
  std::string uuid, driver, cuda, cupti, cublas, cudnn, nvml;  // versions; "" where absent
  std::optional<bool> ecc;
  std::string pcie;    // "3.0 x16": what board and slot have in common; "" where NVML does not say
  std::string timing;  // "CUPTI activity records", or why not: "CUDA events (libcupti.so.12 not found)"
};

/// How the board does at one moment; nothing where NVML does not say.
struct Sensors {
  std::optional<Hertz> sm_clock;
  std::optional<Watts> power;
  std::optional<double> temperature_c;
  std::optional<std::string> throttle;  // "power", "thermal", "" for none
};

/// Hardware counters of one run, each absent where it could not be had.
struct CounterValues {
  std::optional<double> flops, dram_bytes, l2_bytes, tensor_instructions;
};

/// One or more runs of a case: runs[i][j] is the j-th kernel of run i (a step has many, all else one).
struct Runs {
  std::vector<std::vector<MarkedTime>> runs;
  std::uint64_t lost = 0;  // records dropped or without a time, whose runs are left out
};

/// A case with its buffers, ready to run again and again.
class Prepared {
 public:
  virtual ~Prepared() = default;
  /// Runs it `times` times, each after the L2 was flushed unless the case is hot. The reason where the GPU refused.
  virtual tl::expected<Runs, std::string> run(int times) = 0;
  /// Whose code runs: "cuBLAS 13.1", "cuDNN 9.1", "roofcast implicit GEMM".
  virtual std::string provider() const = 0;
  /// Counters of one more run; the reason where there are none.
  virtual tl::expected<CounterValues, std::string> count() = 0;
};

class Bench {
 public:
  virtual ~Bench() = default;
  virtual const Identity& identity() const = 0;
  virtual Sensors sensors() const = 0;
  /// The reason where the board or its software cannot run the case.
  virtual tl::expected<std::unique_ptr<Prepared>, std::string> prepare(const Case& c) = 0;
};

/// The first NVIDIA GPU of this machine, or one line that says why there is none. Never throws.
tl::expected<std::unique_ptr<Bench>, std::string> open_bench();

}  // namespace roofcast::harness
