// The CUDA driver: one device, its context and a stream.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <tl/expected.hpp>

#include "validate/harness/cuda/library.h"

namespace roofcast::harness {

#define ROOFCAST_DRIVER_FUNCTIONS(X) \
  X(cuInit)                          \
  X(cuDriverGetVersion)              \
  X(cuDeviceGetCount)                \
  X(cuDeviceGet)                     \
  X(cuDeviceGetName)                 \
  X(cuDeviceGetAttribute)            \
  X(cuDeviceTotalMem)                \
  X(cuDeviceGetUuid)                 \
  X(cuDeviceGetPCIBusId)             \
  X(cuDevicePrimaryCtxRetain)        \
  X(cuDevicePrimaryCtxRelease)       \
  X(cuCtxSetCurrent)                 \
  X(cuModuleLoadData)                \
  X(cuModuleUnload)                  \
  X(cuModuleGetFunction)             \
  X(cuLaunchKernel)                  \
  X(cuMemAlloc)                      \
  X(cuMemFree)                       \
  X(cuMemGetInfo)                    \
  X(cuMemAllocHost)                  \
  X(cuMemFreeHost)                   \
  X(cuMemcpyHtoD)                    \
  X(cuMemcpyDtoH)                    \
  X(cuMemcpyHtoDAsync)               \
  X(cuMemcpyDtoHAsync)               \
  X(cuMemsetD32Async)                \
  X(cuStreamCreate)                  \
  X(cuStreamDestroy)                 \
  X(cuStreamSynchronize)             \
  X(cuEventCreate)                   \
  X(cuEventDestroy)                  \
  X(cuEventRecord)                   \
  X(cuEventQuery)                    \
  X(cuEventSynchronize)              \
  X(cuEventElapsedTime)              \
  X(cuStreamBeginCapture)            \
  X(cuStreamEndCapture)              \
  X(cuGraphInstantiateWithFlags)     \
  X(cuGraphLaunch)                   \
  X(cuGraphDestroy)                  \
  X(cuGraphExecDestroy)              \
  X(cuGetErrorName)                  \
  X(cuGetErrorString)

struct DriverTable {
  ROOFCAST_DRIVER_FUNCTIONS(ROOFCAST_DECLARE)
};

/// A call to CUDA or one of its libraries that failed: "cuMemAlloc: CUDA_ERROR_OUT_OF_MEMORY (out of memory)".
struct CudaError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Usage: auto driver = Driver::open(); (*driver)->cuda.cuMemAlloc(...). Current on the thread that opened it.
class Driver {
 public:
  /// The first device, or one line that says what is missing.
  static tl::expected<std::unique_ptr<Driver>, std::string> open();
  ~Driver();
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  /// Throws CudaError where `result` is none of success.
  void check(CUresult result, const char* call) const;
  int attribute(CUdevice_attribute which) const;
  /// Compute capability as 61, 75, 90.
  int capability() const;
  void synchronize() const;
  /// Throws CudaError where the module lacks it or has no image for this device.
  CUfunction kernel(const std::string& name) const;

  DriverTable cuda;
  CUdevice device = 0;
  CUcontext context = nullptr;
  CUstream stream = nullptr;

 private:
  explicit Driver(const Library& library) : library_(library) {}
  Library library_;
  mutable CUmodule module_ = nullptr;
};

/// Driver::check(driver.cuda.CALL(...), "CALL").
#define ROOFCAST_CUDA(driver, function, ...) (driver).check((driver).cuda.function(__VA_ARGS__), #function)

/// Device memory, freed with the object.
class DeviceMemory {
 public:
  DeviceMemory(const Driver& driver, std::size_t bytes);
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;
  CUdeviceptr address() const { return address_; }
  std::size_t size() const { return size_; }

 private:
  const Driver& driver_;
  CUdeviceptr address_ = 0;
  std::size_t size_;
};

/// Times between two points of the stream, host side and all.
class EventPair {
 public:
  explicit EventPair(const Driver& driver);
  ~EventPair();
  EventPair(const EventPair&) = delete;
  EventPair& operator=(const EventPair&) = delete;
  void start() const;
  void stop() const;
  bool started() const;    // whether the GPU has passed the first by now
  double seconds() const;  // waits for the second

 private:
  const Driver& driver_;
  CUevent start_ = nullptr, stop_ = nullptr;
};

}  // namespace roofcast::harness
