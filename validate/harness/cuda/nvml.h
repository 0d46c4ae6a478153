// NVML, where it is: clocks, power and temperature of a board. Its ABI is stable and small, and CUDA toolkits ship without
// its header, so that the few functions used are declared here. Source: NVML API reference, docs.nvidia.com/deploy/nvml-api.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "validate/harness/bench.h"
#include "validate/harness/cuda/library.h"

namespace roofcast::harness {

class Nvml {
 public:
  /// Of the device at a PCI address ("0000:65:00.0"); nothing where there is no NVML.
  static std::unique_ptr<Nvml> open(const std::string& pci_bus_id);
  ~Nvml();
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;

  Sensors sensors() const;
  std::optional<Watts> power_limit() const;
  std::optional<bool> ecc() const;
  /// "3.0 x16": the fastest link that both board and slot have; "" where NVML does not say.
  std::string pcie() const;
  std::string driver_version() const, version() const;

 private:
  explicit Nvml(const Library& library) : library_(library) {}
  Library library_;
  void* device_ = nullptr;
  bool started_ = false;
};

}  // namespace roofcast::harness
