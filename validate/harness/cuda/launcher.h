// Ops as launches on a stream, with the memory they touch.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <stdexcept>
#include <string>

#include "validate/harness/case.h"
#include "validate/harness/cuda/driver.h"

namespace roofcast::harness {

/// What the harness has no kernel for, or a library refuses: why.
struct Unsupported : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Enqueues on the driver's stream; throws CudaError.
using Launch = std::function<void()>;

struct Launcher {
  Launch launch;
  std::string provider;  // "roofcast", "cuBLAS 13.1"
};

/// Device memory handed out in turn, from the start again where the end is reached: tensors of successive kernels lie
/// apart, and nothing is ever freed between cases.
class Arena {
 public:
  Arena(const Driver& driver, std::size_t bytes) : memory_(driver, bytes) {}
  /// 256-byte aligned. Throws Unsupported where the whole arena is smaller.
  CUdeviceptr take(double bytes);
  CUdeviceptr base() const { return memory_.address(); }
  std::size_t size() const { return memory_.size(); }

 private:
  DeviceMemory memory_;
  std::size_t next_ = 0;
};

/// Grid and block of a launch of one of the harness's kernels.
struct LaunchShape {
  unsigned grid_x = 1, grid_y = 1, block_x = 256, block_y = 1;
};

/// A launch of `kernel` with copies of `arguments`, in the order and of the types it declares.
template <class... Arguments>
Launch kernel_launch(const Driver& driver, const std::string& kernel, LaunchShape shape,
                     Arguments... arguments) {
  return [&driver, function = driver.kernel(kernel), shape, arguments...]() mutable {
    void* list[] = {static_cast<void*>(&arguments)..., nullptr};
    driver.check(driver.cuda.cuLaunchKernel(function, shape.grid_x, shape.grid_y, 1, shape.block_x,
                                            shape.block_y, 1, 0, driver.stream, list, nullptr),
                 "cuLaunchKernel");
  };
}

/// Everything but products and convolutions. Throws Unsupported, CudaError.
Launcher op_launcher(const Driver& driver, Arena& arena, const OpCase& op);

/// The harness's own convolution: FP32 in NCHW only.
Launcher implicit_gemm_launcher(const Driver& driver, Arena& arena, const OpCase& op);

}  // namespace roofcast::harness
