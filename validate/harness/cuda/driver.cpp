// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/cuda/driver.h"

#include <fmt/format.h>

#include "validate/harness/cuda/kernel_image.h"

namespace roofcast::harness {

tl::expected<std::unique_ptr<Driver>, std::string> Driver::open() {
  const auto library_found = Library::open({"libcuda.so.1"});
  if (!library_found) return tl::unexpected("no NVIDIA driver: " + library_found.error());
  const Library& library = *library_found;
  std::unique_ptr<Driver> d(new Driver(library));
  DriverTable& table = d->cuda;
  std::string missing;
  ROOFCAST_DRIVER_FUNCTIONS(ROOFCAST_LOAD)
  if (!missing.empty())
    return tl::unexpected(
        fmt::format("the NVIDIA driver lacks {}; it is older than the toolkit this was built with", missing));
  try {
    d->check(table.cuInit(0), "cuInit");
    int devices = 0;
    ROOFCAST_CUDA(*d, cuDeviceGetCount, &devices);
    if (devices == 0) return tl::unexpected(std::string("the driver sees no NVIDIA GPU"));
    ROOFCAST_CUDA(*d, cuDeviceGet, &d->device, 0);
    ROOFCAST_CUDA(*d, cuDevicePrimaryCtxRetain, &d->context, d->device);
    ROOFCAST_CUDA(*d, cuCtxSetCurrent, d->context);
    ROOFCAST_CUDA(*d, cuStreamCreate, &d->stream, CU_STREAM_NON_BLOCKING);
  } catch (const CudaError& e) {
    return tl::unexpected(std::string(e.what()));
  }
  return d;
}

Driver::~Driver() {
  if (module_ != nullptr) cuda.cuModuleUnload(module_);
  if (stream != nullptr) cuda.cuStreamDestroy(stream);
  if (context != nullptr) cuda.cuDevicePrimaryCtxRelease(device);
}

void Driver::check(CUresult result, const char* call) const {
  if (result == CUDA_SUCCESS) return;
  const char *error_name = nullptr, *text = nullptr;
  cuda.cuGetErrorName(result, &error_name);
  cuda.cuGetErrorString(result, &text);
  throw CudaError(fmt::format("{}: {} ({})", call, error_name == nullptr ? "error" : error_name,
                              text == nullptr ? std::to_string(result) : text));
}

int Driver::attribute(CUdevice_attribute which) const {
  int value = 0;
  ROOFCAST_CUDA(*this, cuDeviceGetAttribute, &value, which, device);
  return value;
}

int Driver::capability() const {
  return 10 * attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) +
         attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
}

void Driver::synchronize() const { ROOFCAST_CUDA(*this, cuStreamSynchronize, stream); }

CUfunction Driver::kernel(const std::string& name) const {
  if (module_ == nullptr) ROOFCAST_CUDA(*this, cuModuleLoadData, &module_, kernel_image());
  CUfunction function = nullptr;
  check(cuda.cuModuleGetFunction(&function, module_, name.c_str()), name.c_str());
  return function;
}

DeviceMemory::DeviceMemory(const Driver& driver, std::size_t bytes) : driver_(driver), size_(bytes) {
  ROOFCAST_CUDA(driver, cuMemAlloc, &address_, bytes);
}
DeviceMemory::~DeviceMemory() { driver_.cuda.cuMemFree(address_); }

EventPair::EventPair(const Driver& driver) : driver_(driver) {
  ROOFCAST_CUDA(driver, cuEventCreate, &start_, CU_EVENT_DEFAULT);
  ROOFCAST_CUDA(driver, cuEventCreate, &stop_, CU_EVENT_DEFAULT);
}
EventPair::~EventPair() {
  if (start_ != nullptr) driver_.cuda.cuEventDestroy(start_);
  if (stop_ != nullptr) driver_.cuda.cuEventDestroy(stop_);
}
void EventPair::start() const { ROOFCAST_CUDA(driver_, cuEventRecord, start_, driver_.stream); }
bool EventPair::started() const {
  const CUresult result = driver_.cuda.cuEventQuery(start_);
  if (result == CUDA_ERROR_NOT_READY) return false;
  driver_.check(result, "cuEventQuery");
  return true;
}
void EventPair::stop() const { ROOFCAST_CUDA(driver_, cuEventRecord, stop_, driver_.stream); }
double EventPair::seconds() const {
  ROOFCAST_CUDA(driver_, cuEventSynchronize, stop_);
  float milliseconds = 0;
  ROOFCAST_CUDA(driver_, cuEventElapsedTime, &milliseconds, start_, stop_);
  return milliseconds * 1e-3;
}

}  // namespace roofcast::harness
