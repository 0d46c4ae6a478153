// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/launch.h"

namespace roofcast {

Seconds dispatch_time(const Calibration& calibration, const Stack& stack) {
  if (stack.cuda_graphs) return Seconds(0);
  return microseconds(calibration[Constant::launch_dispatch_us]);
}

Seconds call_overhead(const Calibration& calibration) {
  return microseconds(calibration[Constant::launch_call_us]);
}

Seconds convolution_call_overhead(const Calibration& calibration) {
  return microseconds(calibration[Constant::launch_conv_call_us]);
}

}  // namespace roofcast
