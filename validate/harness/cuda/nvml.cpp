// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/cuda/nvml.h"

#include <fmt/format.h>

#include <array>

namespace roofcast::harness {
namespace {

constexpr int kSuccess = 0, kSmClock = 1, kGpuTemperature = 0;
// Throttle reasons, as nvml.h numbers them.
constexpr unsigned long long kPowerCap = 0x4, kHardware = 0x8, kThermal = 0x20 | 0x40, kPowerBrake = 0x80;

/// Calls a function by name where the library has it; its result, or a failure.
template <class... Arguments>
int call(const Library& library, const char* name, Arguments... arguments) {
  auto* function = reinterpret_cast<int (*)(Arguments...)>(library.symbol(name));
  return function == nullptr ? -1 : function(arguments...);
}

std::string text(const Library& library, const char* name) {
  std::array<char, 96> buffer{};
  return call(library, name, buffer.data(), static_cast<unsigned>(buffer.size())) == kSuccess ? buffer.data()
                                                                                              : "";
}

}  // namespace

std::unique_ptr<Nvml> Nvml::open(const std::string& pci_bus_id) {
  const auto library = Library::open({"libnvidia-ml.so.1"});
  if (!library) return nullptr;
  std::unique_ptr<Nvml> nvml(new Nvml(*library));
  nvml->started_ = call(*library, "nvmlInit_v2") == kSuccess;
  const bool found = nvml->started_ && call(*library, "nvmlDeviceGetHandleByPciBusId_v2", pci_bus_id.c_str(),
                                            &nvml->device_) == kSuccess;
  return found ? std::move(nvml) : nullptr;
}

Nvml::~Nvml() {
  if (started_) call(library_, "nvmlShutdown");
}

Sensors Nvml::sensors() const {
  Sensors s;
  unsigned value = 0;
  unsigned long long reasons = 0;
  if (call(library_, "nvmlDeviceGetClockInfo", device_, kSmClock, &value) == kSuccess)
    s.sm_clock = Hertz(value * 1e6);
  if (call(library_, "nvmlDeviceGetPowerUsage", device_, &value) == kSuccess) s.power = Watts(value * 1e-3);
  if (call(library_, "nvmlDeviceGetTemperature", device_, kGpuTemperature, &value) == kSuccess)
    s.temperature_c = value;
  if (call(library_, "nvmlDeviceGetCurrentClocksThrottleReasons", device_, &reasons) == kSuccess) {
    s.throttle = (reasons & (kThermal | kHardware)) != 0      ? "thermal"
                 : (reasons & (kPowerCap | kPowerBrake)) != 0 ? "power"
                                                              : "";
  }
  return s;
}

std::optional<Watts> Nvml::power_limit() const {
  unsigned milliwatts = 0;
  if (call(library_, "nvmlDeviceGetPowerManagementLimit", device_, &milliwatts) != kSuccess)
    return std::nullopt;
  return Watts(milliwatts * 1e-3);
}

std::optional<bool> Nvml::ecc() const {
  unsigned current = 0, pending = 0;
  if (call(library_, "nvmlDeviceGetEccMode", device_, &current, &pending) != kSuccess) return std::nullopt;
  return current != 0;
}

std::string Nvml::pcie() const {
  unsigned generation = 0, lanes = 0;
  if (call(library_, "nvmlDeviceGetMaxPcieLinkGeneration", device_, &generation) != kSuccess ||
      call(library_, "nvmlDeviceGetMaxPcieLinkWidth", device_, &lanes) != kSuccess)
    return "";
  return fmt::format("{}.0 x{}", generation, lanes);
}

std::string Nvml::driver_version() const { return text(library_, "nvmlSystemGetDriverVersion"); }
std::string Nvml::version() const { return text(library_, "nvmlSystemGetNVMLVersion"); }

}  // namespace roofcast::harness
