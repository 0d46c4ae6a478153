// The harness's device code, compiled into the program for every architecture the toolkit was asked for.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace roofcast::harness {

/// A fat binary for cuModuleLoadData.
const void* kernel_image();

}  // namespace roofcast::harness
