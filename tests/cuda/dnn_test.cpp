// Convolutions through cuDNN, on one that pretends. Nothing to test where cuDNN's headers are missing.
// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/cuda/dnn.h"

#include <doctest/doctest.h>

#include "hwdb/hwdb.h"
#include "tests/cuda/open.h"
#include "validate/harness/cuda/library.h"
#include "validate/harness/shapes.h"

#if __has_include(<cudnn.h>)
using namespace roofcast;
using namespace roofcast::harness;
using roofcast::harness::test::bench;
using roofcast::harness::test::Variable;

TEST_CASE("each pass of a convolution runs the first algorithm whose workspace is affordable") {
  const Variable cudnn("FAKE_CUDNN", "1");
  const auto b = bench();
  CHECK(b->identity().cudnn.rfind("cuDNN ", 0) == 0);
  for (const Pass pass : {Pass::forward, Pass::backward_data, Pass::backward_filter}) {
    Conv2d conv{8, 64, 56, 56, 128, 3, 3, 1, 1, 2, 2};
    conv.pass = pass;
    CAPTURE(name(pass));
    auto prepared = b->prepare({Section::conv, OpCase{conv, Numerics{}}, Load::burst, Seconds(1e-3)});
    REQUIRE_MESSAGE(prepared, (prepared ? "" : prepared.error()));
    CHECK((*prepared)->provider() == b->identity().cudnn);
    const auto runs = (*prepared)->run(2);
    REQUIRE_MESSAGE(runs, (runs ? "" : runs.error()));
    CHECK(runs->runs[0][0].kernel == "fake_cudnn_" + std::string(name(pass)) + "_nchw");
  }
}

TEST_CASE("a refused convolution leaves no descriptor behind") {
  const Variable cudnn("FAKE_CUDNN", "1");
  const auto library = Library::open({"libcudnn.so.9", "libcudnn.so.8"});
  REQUIRE(library);
  const auto descriptors = reinterpret_cast<int (*)()>(library->symbol("fake_cudnn_descriptors"));
  REQUIRE((descriptors != nullptr));
  const auto b = bench();
  const auto refused = [&](const Conv2d& conv) {
    return !b->prepare({Section::conv, OpCase{conv, Numerics{}}, Load::burst, Seconds(1e-3)});
  };
  const Conv2d usual{8, 64, 56, 56, 128, 3, 3, 1, 1, 2, 2};
  Conv2d beyond = usual;
  beyond.pad_w = std::int64_t{1} << 40;
  CHECK(refused(beyond));
  CHECK(descriptors() == 0);
  {
    const Variable most("FAKE_CUDNN_MOST_DESCRIPTORS", "2");
    CHECK(refused(usual));
  }
  CHECK(descriptors() == 0);
  {
    const auto prepared = b->prepare({Section::conv, OpCase{usual, Numerics{}}, Load::burst, Seconds(1e-3)});
    REQUIRE(prepared);
    CHECK(descriptors() == 4);
  }
  CHECK(descriptors() == 0);
}

TEST_CASE("with cuDNN a channels-last step in mixed precision replays whole") {
  const Variable cudnn("FAKE_CUDNN", "1"), t4("FAKE_CUDA_GPU", "t4");
  const auto b = bench();
  WorkloadRequest w;
  w.name = "resnet50";
  w.mode = Mode::training;
  w.batch = 4;
  const StepCase step = step_case(w, Precision::amp_fp16, Hwdb::embedded().resolve("tesla-t4").gpu);
  auto prepared = b->prepare({Section::replay, step, Load::burst, Seconds(0.1)});
  REQUIRE_MESSAGE(prepared, (prepared ? "" : prepared.error()));
  const auto runs = (*prepared)->run(1);
  REQUIRE_MESSAGE(runs, (runs ? "" : runs.error()));
  REQUIRE(runs->runs.size() == 1);
  CHECK(runs->runs[0].size() == step.order.size());
  std::size_t convolutions = 0, norms = 0;
  for (const MarkedTime& m : runs->runs[0]) {
    convolutions += m.kernel.find("fake_cudnn_") == 0 && m.kernel.find("_nhwc") != std::string::npos;
    norms += m.kernel.find("roofcast_channel_") == 0;
  }
  CHECK(convolutions > 150);  // 53 layers, three passes
  CHECK(norms > 100);
}
#endif
