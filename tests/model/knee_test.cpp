// The batch to take: the smallest that is nearly as fast as any.
// SPDX-License-Identifier: Apache-2.0
#include "model/forecast/knee.h"

#include <doctest/doctest.h>

#include "tests/model/boards.h"

using namespace roofcast;
using roofcast::testing::board;

namespace {

Job job(const char* network, Precision precision) {
  Job j;
  j.workload.name = network;
  j.execution.precision = precision;
  j.execution.optimizer = find_workload(network).default_optimizer;
  return j;
}

}  // namespace

TEST_CASE("the knee is the smallest batch of the ladder within 5 % of the best") {
  for (const char* slug : {"quadro-p4000", "rtx-3060-12gb", "a100-sxm4-80gb"}) {
    for (const char* network : {"resnet50", "bert-base"}) {
      INFO(slug << " " << network);
      const auto found = batch_knee(job(network, Precision::amp_fp16), board(slug), embedded_calibration());
      REQUIRE(found);
      const double best = found->points[found->best].samples_per_second;
      for (std::size_t i = 0; i < found->points.size(); ++i) {
        const BatchPoint& p = found->points[i];
        CHECK(p.samples_per_second <= best);
        CHECK((i < found->knee) == (i < found->knee && p.samples_per_second < kKneeShare * best));
        if (i > 0) CHECK(p.batch > found->points[i - 1].batch);
        CHECK(p.memory <= usable_memory(board(slug)));
      }
      CHECK(found->points[found->knee].samples_per_second >= kKneeShare * best);
    }
  }
}

TEST_CASE("no batch is larger than an epoch, and none fits where one sample does not") {
  Job small = job("resnet18", Precision::fp32);
  small.samples_per_epoch = 10;
  CHECK(batch_knee(small, board("a100-sxm4-80gb"), embedded_calibration())->points.back().batch == 10);
  CHECK_FALSE(batch_knee(job("gpt3-2.7b", Precision::fp32), board("quadro-p4000"), embedded_calibration()));
}

// The project's guide: 64 to 128 images of 224 pixels, 16 to 32 of 512, 8 to 16 sequences of 512.
TEST_CASE("the guide's batches are as fast as any where they fit, and the knee is no larger") {
  struct Advice {
    const char* network;
    std::optional<std::int64_t> image, length;
    std::int64_t from, to;
  };
  for (const char* slug : {"quadro-p4000", "rtx-3060-12gb"}) {
    for (const Advice& a : {Advice{"resnet50", 224, {}, 64, 128}, Advice{"resnet50", 512, {}, 16, 32},
                            Advice{"bert-base", {}, 512, 8, 16}}) {
      INFO(slug << " " << a.network << " " << a.from);
      Job j = job(a.network, Precision::fp32);
      j.workload.image_size = a.image;
      j.workload.sequence_length = a.length;
      const auto found = batch_knee(j, board(slug), embedded_calibration());
      REQUIRE(found);
      CHECK(found->points.back().batch >= a.from);
      CHECK(found->points[found->knee].batch <= a.to);
      const double best = found->points[found->best].samples_per_second;
      for (const BatchPoint& p : found->points)
        if (p.batch >= a.from && p.batch <= a.to) CHECK(p.samples_per_second >= kKneeShare * best);
    }
  }
}
