// What it costs to ask for a kernel: on the host, and around one synchronised call.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "model/graph/execution.h"
#include "model/kernels/calibration.h"
#include "model/units.h"

namespace roofcast {

/// Whether kernels come from a recorded CUDA graph. llama.cpp leaves graphs off below compute capability 8.0 (ggml-cuda.cu).
bool replays_graph(const Stack& stack, const Gpu& gpu);

/// Host time to dispatch one launch: the host's own figure where it has one, else the stack's. CUDA graphs replay
/// without it.
Seconds dispatch_time(const Calibration& calibration, const Stack& stack, const Host& host, const Gpu& gpu);

/// Time to copy a step's input from host memory: over the slower of the board's link and the host's slot. None where the
/// input is on the GPU already or shares its memory.
Seconds input_time(Bytes input, const Gpu& gpu, const Host& host, const Calibration& calibration);

/// A PCIe link as boards name theirs, "3.0 x16"; nothing where the text is none.
struct PcieLink {
  int generation = 0, lanes = 0;
};
std::optional<PcieLink> pcie_link(std::string_view text);

/// Nominal bandwidth one way of a PCIe link. Source: PCI Express base specifications: 2.5, 5, 8, 16, 32 and 64 GT/s per
/// lane, 8b/10b coding up to generation 2, 128b/130b and PAM4 flits after. Throws std::invalid_argument outside 1 to 6.
BytesPerSecond pcie_bandwidth(int generation, int lanes);

/// Time around one framework call whose caller waits for the GPU before and after: dispatch, launch and event latency.
/// What event-timed single operators carry on top of their kernel.
Seconds call_overhead(const Calibration& calibration);

/// How long the GPU idles from one such call to the next: the host waits for it, reads the time and asks again. A governor
/// averages the board's power over some tens of milliseconds, so short kernels timed alone run nearer the boost clock than a
/// step of them.
Seconds idle_between_calls(const Calibration& calibration);

/// `call_overhead` of one convolution, whose library call costs the host more. Where it was measured it varies five-fold from
/// shape to shape, alike on all boards and with no relation to the shape; this is the middle.
Seconds convolution_call_overhead(const Calibration& calibration);

}  // namespace roofcast
