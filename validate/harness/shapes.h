// Shapes worth measuring: of networks, at the edges of tiles, and random ones.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "model/gpu/gpu.h"
#include "validate/harness/case.h"
#include "validate/harness/plan.h"

namespace roofcast::harness {

/// Formats matrix products can run in on `gpu`, each once.
std::vector<Numerics> product_formats(const Gpu& gpu);

/// Products and batches of products.
std::vector<Gemm> gemm_shapes(Suite suite);

/// Every kernel of a step, in order. Throws what build and lower throw.
StepCase step_case(const WorkloadRequest& workload, Precision precision, const Gpu& gpu);

/// The steps that are replayed; those the board lacks the formats for are left out.
std::vector<StepCase> steps(Suite suite, const Gpu& gpu);

/// Convolutions of a ResNet-50 step, each once per format.
std::vector<OpCase> convolutions(Suite suite, const Gpu& gpu);

/// Streams, row kernels, norms, gathers, optimizers.
std::vector<OpCase> other_ops(Suite suite, const Gpu& gpu);

}  // namespace roofcast::harness
