// SPDX-License-Identifier: Apache-2.0
#include "model/graph/allocator.h"

#include <algorithm>
#include <cmath>

namespace roofcast {
namespace {

constexpr std::int64_t kMiB = 1 << 20;
constexpr std::int64_t kBlock = 512;   // every size is a multiple of it
constexpr std::int64_t kSmall = kMiB;  // up to here tensors share small segments
constexpr std::int64_t kSmallSegment = 2 * kMiB;
constexpr std::int64_t kLargeSegment = 20 * kMiB;  // of tensors below kOwnSegment
constexpr std::int64_t kOwnSegment = 10 * kMiB;
constexpr std::int64_t kRound = 2 * kMiB;  // of segments for one tensor

std::int64_t rounded(std::int64_t size, std::int64_t unit) { return (size + unit - 1) / unit * unit; }

}  // namespace

CachingAllocator::Free& CachingAllocator::pool(std::int64_t segment_size) {
  return segment_size == kSmallSegment ? small_ : large_;
}

std::size_t CachingAllocator::grow(std::int64_t size) {
  const std::int64_t segment = size <= kSmall       ? kSmallSegment
                               : size < kOwnSegment ? kLargeSegment
                                                    : std::max(rounded(size, kRound), kSmallSegment + kRound);
  segments_.push_back({segment, 0});
  reserved_ += segment;
  Block block;
  block.size = segment;
  block.segment = segments_.size() - 1;
  blocks_.push_back(block);
  return blocks_.size() - 1;
}

void CachingAllocator::split(std::size_t at, std::int64_t size) {
  Block rest = blocks_[at];
  rest.size -= size;
  rest.before = at;
  blocks_[at].size = size;
  const std::size_t next = blocks_.size();
  if (rest.after != kNone) blocks_[rest.after].before = next;
  blocks_[at].after = next;
  pool(segments_[rest.segment].size).emplace(rest.size, next);
  blocks_.push_back(rest);
}

void CachingAllocator::merge(std::size_t at, std::size_t after) {
  blocks_[at].size += blocks_[after].size;
  blocks_[at].after = blocks_[after].after;
  if (blocks_[at].after != kNone) blocks_[blocks_[at].after].before = at;
}

Heap::Handle CachingAllocator::take(Bytes bytes) {
  const std::int64_t asked = std::max<std::int64_t>(1, std::llround(std::ceil(bytes.value)));
  const std::int64_t size = rounded(asked, kBlock);
  Free& free = size <= kSmall ? small_ : large_;
  const auto found = free.lower_bound({size, 0});
  std::size_t at;
  if (found != free.end()) {
    at = found->second;
    free.erase(found);
  } else {
    at = grow(size);
  }
  if (blocks_[at].size - size >= (size <= kSmall ? kBlock : kSmall + 1)) split(at, size);
  Block& block = blocks_[at];
  block.living = true;
  block.asked = asked;
  Segment& segment = segments_[block.segment];
  if (segment.living++ == 0) needed_ += segment.size;
  live_ += asked;
  peak_live_ = std::max(peak_live_, live_);
  peak_needed_ = std::max(peak_needed_, needed_);
  return at;
}

void CachingAllocator::release(Handle at) {
  blocks_[at].living = false;
  live_ -= blocks_[at].asked;
  Segment& segment = segments_[blocks_[at].segment];
  if (--segment.living == 0) needed_ -= segment.size;
  Free& free = pool(segment.size);
  const auto joins = [&](std::size_t other) { return other != kNone && !blocks_[other].living; };
  if (const std::size_t after = blocks_[at].after; joins(after)) {
    free.erase({blocks_[after].size, after});
    merge(at, after);
  }
  if (const std::size_t before = blocks_[at].before; joins(before)) {
    free.erase({blocks_[before].size, before});
    merge(before, at);
    at = before;
  }
  free.emplace(blocks_[at].size, at);
}

}  // namespace roofcast
