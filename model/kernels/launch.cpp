// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/launch.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <string>

#include "model/gpu/generation.h"

namespace roofcast {

bool replays_graph(const Stack& stack, const Gpu& gpu) {
  if (stack.dispatcher != Dispatcher::native) return stack.dispatcher == Dispatcher::recorded;
  const auto year = introduced(generation(gpu));
  return year && *year >= introduced(Generation::ampere).value_or(2020);
}

Seconds dispatch_time(const Calibration& calibration, const Stack& stack, const Host& host, const Gpu& gpu) {
  if (replays_graph(stack, gpu)) return Seconds(0);
  switch (stack.dispatcher) {
    case Dispatcher::executor:
      return host.dispatch.value_or(microseconds(calibration[Constant::launch_graph_us]));
    case Dispatcher::native:
      return host.dispatch.value_or(microseconds(calibration[Constant::launch_native_us]));
    case Dispatcher::interpreter:
    case Dispatcher::recorded: break;
  }
  return host.dispatch.value_or(microseconds(calibration[Constant::launch_dispatch_us]));
}

std::optional<PcieLink> pcie_link(std::string_view text) {
  PcieLink link;
  const std::size_t x = text.find('x');
  if (x == std::string_view::npos) return std::nullopt;
  const auto read = [](std::string_view number, int& value) {
    return std::from_chars(number.data(), number.data() + number.size(), value).ec == std::errc();
  };
  const bool whole = read(text.substr(0, x), link.generation) && read(text.substr(x + 1), link.lanes);
  return whole ? std::optional(link) : std::nullopt;
}

BytesPerSecond pcie_bandwidth(int generation, int lanes) {
  static constexpr std::array<double, 6> gigabytes_per_lane{0.25, 0.5, 0.985, 1.969, 3.938, 7.563};
  if (generation < 1 || generation > 6 || lanes < 1)
    throw std::invalid_argument("PCIe generations are 1 to 6, with at least one lane");
  return gigabytes_per_second(gigabytes_per_lane[static_cast<std::size_t>(generation) - 1] * lanes);
}

Seconds input_time(Bytes input, const Gpu& gpu, const Host& host, const Calibration& calibration) {
  const auto board = pcie_link(gpu.pcie);
  if (!host.pcie || !board) return Seconds(0);
  const BytesPerSecond nominal = pcie_bandwidth(std::min(board->generation, *host.pcie), board->lanes);
  return input / (nominal * calibration[Constant::host_link]);
}

Seconds call_overhead(const Calibration& calibration) {
  return microseconds(calibration[Constant::launch_call_us]);
}

Seconds idle_between_calls(const Calibration& calibration) {
  return microseconds(calibration[Constant::launch_idle_us]);
}

Seconds convolution_call_overhead(const Calibration& calibration) {
  return microseconds(calibration[Constant::launch_conv_call_us]);
}

}  // namespace roofcast
