// PyTorch's caching allocator, played through: what it takes from the device for the tensors it is asked for.
// Source: c10/cuda/CUDACachingAllocator.cpp of PyTorch 2 (kMinBlockSize, kSmallSize, kSmallBuffer, kLargeBuffer,
// kMinLargeAlloc, kRoundLarge; best fit, split, merge).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "model/graph/liveness.h"

namespace roofcast {

class CachingAllocator : public Heap {
 public:
  Handle take(Bytes size) override;
  void release(Handle handle) override;

  /// The most bytes of tensors alive at once.
  Bytes peak_live() const { return Bytes(static_cast<double>(peak_live_)); }
  /// The most bytes at once in segments of the device with a living tensor: empty ones are given back when memory runs
  /// out, so this is what a job needs.
  Bytes peak_needed() const { return Bytes(static_cast<double>(peak_needed_)); }
  /// All it ever took from the device, as nvidia-smi shows it: empty segments are kept.
  Bytes reserved() const { return Bytes(static_cast<double>(reserved_)); }

 private:
  struct Segment {
    std::int64_t size = 0, living = 0;  // bytes, blocks
  };
  struct Block {
    std::int64_t size = 0, asked = 0;
    std::size_t segment = 0;
    std::size_t before = kNone, after = kNone;  // neighbours in the segment
    bool living = false;
  };
  using Free = std::set<
      std::pair<std::int64_t, std::size_t>>;  // size and block: the first that is large enough fits best
  static constexpr std::size_t kNone = ~std::size_t{0};

  Free& pool(std::int64_t segment_size);
  std::size_t grow(std::int64_t size);
  void split(std::size_t block, std::int64_t size);
  void merge(std::size_t block, std::size_t with_after);

  std::vector<Segment> segments_;
  std::vector<Block> blocks_;
  Free small_, large_;
  std::int64_t live_ = 0, peak_live_ = 0, needed_ = 0, peak_needed_ = 0, reserved_ = 0;
};

}  // namespace roofcast
