// What it costs to ask for a kernel: on the host, and around one synchronised call.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/graph/execution.h"
#include "model/kernels/calibration.h"
#include "model/units.h"

namespace roofcast {

/// Host time to dispatch one launch from a framework. CUDA graphs replay without it.
Seconds dispatch_time(const Calibration& calibration, const Stack& stack);

/// Time around one framework call whose caller waits for the GPU before and after: dispatch, launch and event latency.
/// What event-timed single operators carry on top of their kernel.
Seconds call_overhead(const Calibration& calibration);

/// The same around one convolution, whose library call costs the host more. Where it was measured it varies five-fold from
/// shape to shape, alike on all boards and with no relation to the shape; this is the middle.
Seconds convolution_call_overhead(const Calibration& calibration);

}  // namespace roofcast
