// The way of samples to the GPU: decoded on the CPU, copied over the bus, and what of it hides behind the step.
// Source: PyTorch, "torch.utils.data" (workers, prefetch factor, page-locked memory, persistent workers).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "model/graph/execution.h"
#include "model/units.h"

namespace roofcast {

/// CPU time until a batch is decoded, at the pace of all workers together. Example: 64 samples of 8 ms on 4 workers take
/// 128 ms, so the CPU feeds 500 samples/s.
Seconds decode_time(const Loader& loader, std::int64_t samples);

/// A copy from pageable memory, which the driver first copies to a page-locked buffer: `copy` at the link's pace plus
/// the bytes at kStaging. Source: Harris 2012, "How to Optimize Data Transfers in CUDA C/C++", whose two machines stage
/// at 3.8 and 41 GB/s (2.31 GB/s pageable for 5.77 pinned, 5.37 for 6.19).
Seconds pageable(Seconds copy, Bytes input);
inline constexpr BytesPerSecond kStaging = gigabytes_per_second(12);  // geometric mean of the two

/// What one step has to get done.
struct Pace {
  Seconds gpu, host, wait;  // kernels; dispatch; results the host reads back
  Seconds copy, decode;     // of one batch
};

/// Time of one step in a steady stream of them. Decoding by workers is prefetched and the slowest of the three sets the
/// pace; without workers the host decodes before it dispatches. Page-locked batches are copied while the step before them
/// runs; a pageable copy waits for the GPU and the GPU for it. Without a loader training prefetches its input and a
/// request's answer waits for it.
Seconds paced(const Pace& pace, const Execution& execution);

/// What an epoch takes besides its steps: the first batch, decoded by one worker while the GPU waits, and starting the
/// workers, each epoch or once for all of `epochs`.
Seconds epoch_start(const Loader& loader, std::int64_t batch, double epochs);

}  // namespace roofcast
