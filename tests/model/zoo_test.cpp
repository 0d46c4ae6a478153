// What is known by name, how it is called, and what is refused.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <set>
#include <string>

#include "model/workloads/bare_kernel.h"
#include "model/workloads/names.h"
#include "model/workloads/workload.h"

using namespace roofcast;

namespace {

WorkloadRequest request(const char* name, std::int64_t batch = 1, Mode mode = Mode::training) {
  WorkloadRequest r;
  r.name = name;
  r.batch = batch;
  r.mode = mode;
  return r;
}

std::string refusal(const std::function<void()>& act) {
  try {
    act();
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("spelling does not matter and familiar aliases are known") {
  for (const char* name : {"resnet50", "ResNet-50", "resnet_50", "RESNET50", "resnet50_v1.5"})
    CHECK(find_workload(name).name == "resnet50");
  CHECK(find_workload("bert_large").name == "bert-large");
  CHECK(find_workload("gpt3_27").name == "gpt3-2.7b");
  CHECK(find_workload("gpt2_large").name == "gpt2-large");
  CHECK(find_workload("opt_13").name == "opt-1.3b");
  CHECK(find_workload("switchxl4").name == "switch-xl-4");
  CHECK(find_workload("inception-v1").name == "googlenet");
  CHECK(find_workload("vit_base_patch16_224").name == "vit-b-16");
}

TEST_CASE("names and aliases are unique") {
  std::set<std::string> seen;
  for (const WorkloadInfo& info : zoo()) {
    CHECK(seen.insert(normalised(info.name)).second);
    CHECK(find_workload(info.name).name == info.name);
    CHECK_FALSE(info.description.empty());
    for (const std::string& alias : info.aliases) {
      INFO(alias);
      CHECK(find_workload(alias).name == info.name);
    }
  }
}

TEST_CASE("an unknown name suggests the nearest") {
  CHECK_THROWS_WITH_AS(find_workload("resnet5O"),
                       "unknown workload 'resnet5O'; did you mean resnet50 or resnet18 or resnet34?",
                       UnknownWorkload);
  CHECK_THROWS_WITH_AS(build(request("bert-larg")), doctest::Contains("did you mean bert-large"),
                       UnknownWorkload);
  CHECK_THROWS_AS(find_workload(""), UnknownWorkload);
  CHECK_THROWS_AS(find_workload(std::string(1 << 20, 'x')), UnknownWorkload);
  CHECK(refusal([] { find_workload("a\nb"); }).find('\n') == std::string::npos);
}

TEST_CASE("a field out of range or of another domain is refused by name") {
  for (const std::int64_t batch : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1'000'000'000'000},
                                   std::numeric_limits<std::int64_t>::max()}) {
    CHECK(refusal([&] { build(request("resnet50", batch)); }).find("batch must be from 1 to 16777216") !=
          std::string::npos);
    CHECK(refusal([&] { build(request("bert-base", batch)); }).find("batch must be") != std::string::npos);
  }
  WorkloadRequest r = request("resnet50");
  r.sequence_length = 128;
  CHECK(refusal([&] { build(r); }) == "resnet50 takes no sequence length: it works on images");
  r = request("bert-base");
  r.image_size = 224;
  CHECK(refusal([&] { build(r); }) == "bert-base takes no image size: it works on sequences");
  r = request("bert-base");
  r.sequence_length = 513;
  CHECK(refusal([&] { build(r); }) == "bert-base: sequence length must be from 1 to 512, is 513");
  r = request("vgg16");
  r.stem = Stem::cifar;
  CHECK_FALSE(refusal([&] { build(r); }).empty());
  r = request("bert-base");
  r.task = Task::language_model;
  CHECK(refusal([&] { build(r); }) ==
        "bert-base has no task language-model; it has classification, squad, pretraining");
  r = request("resnet50");
  r.classes = 0;
  CHECK_FALSE(refusal([&] { build(r); }).empty());
}

TEST_CASE("images too small for a network are refused, not rounded") {
  WorkloadRequest r = request("alexnet");
  r.image_size = 32;
  CHECK(refusal([&] { build(r); }).find("images of 32×32 are too small") != std::string::npos);
  r = request("vit-b-16");
  r.image_size = 100;
  CHECK_FALSE(refusal([&] { build(r); }).empty());
}

TEST_CASE("images may be higher than wide, and only images have steps") {
  WorkloadRequest r = request("yolov8n");
  r.image_size = 1088;
  r.image_width = 1920;
  const double wide = build(r).multiply_adds();
  std::swap(*r.image_size, *r.image_width);
  CHECK(build(r).multiply_adds() == doctest::Approx(wide));
  r.image_size = 640;
  r.image_width = 640;
  CHECK(wide / build(r).multiply_adds() == doctest::Approx(1088.0 * 1920 / (640 * 640)).epsilon(1e-9));
  r.image_width = 641;
  CHECK(refusal([&] { build(r); }) == "yolov8n: sides must be multiples of 32, e.g. 640 or 1088x1920");
  r.image_size.reset();
  CHECK(refusal([&] { build(r); }).find("a width only beside a height") != std::string::npos);
  r = request("resnet50");
  r.steps = 4;
  CHECK(refusal([&] { build(r); }) == "resnet50 takes no number of steps: it makes nothing in several steps");
}

TEST_CASE("the largest shapes are refused or exact, never wrapped") {
  WorkloadRequest r = request("vgg16", 1 << 20);
  r.image_size = 1 << 14;
  CHECK(refusal([&] { build(r); }).find("more than 2^53 elements") != std::string::npos);
  r = request("switch-xl-4", 1 << 20);
  r.sequence_length = 1 << 20;
  CHECK_FALSE(refusal([&] { build(r); }).empty());
  CHECK(build(request("resnet50", 1 << 20)).forward_flops().value ==
        doctest::Approx(1048576.0 * build(request("resnet50")).forward_flops().value));
}

TEST_CASE("bare kernels say their shape") {
  CHECK(std::get<Gemm>(parse_bare_kernel("gemm:1000x2000x3000")) == Gemm{1, 1000, 2000, 3000});
  CHECK(std::get<Gemm>(parse_bare_kernel("BGEMM:16x512x64x512")) == Gemm{16, 512, 64, 512});
  Conv2d v;
  v.n = 64, v.c = 128, v.h = 28, v.w = 30, v.k = 256, v.r = 3, v.s = 1;
  CHECK(std::get<Conv2d>(parse_bare_kernel("conv:64x128x28x30,256x3x1")) == v);
  v.stride_h = v.stride_w = 2, v.pad_h = 1, v.groups = 32, v.pass = Pass::backward_filter;
  CHECK(std::get<Conv2d>(parse_bare_kernel(
            "conv:64x128x28x30,256x3x1,stride=2,pad=1x0,groups=32,pass=backward_filter")) == v);
  CHECK(std::get<Rowwise>(parse_bare_kernel("softmax:4096x512")) ==
        Rowwise{Rowwise::Kind::softmax, 4096, 512});
  CHECK(std::get<Pointwise>(parse_bare_kernel("add:1024x1024")).reads == 2);
  CHECK(std::get<Pointwise>(parse_bare_kernel("relu:1024")).elements == 1024);
  CHECK(std::get<Attention>(parse_bare_kernel("attention:8x16x512x64")).key_length == 512);
  CHECK(build(request("gemm:10x10x10")).forward_flops().value == 2000);
  // 25 steps of 16 × 512 by 512 × 2048
  const Graph lstm = build(request("lstm:512x16x25"));
  CHECK(lstm.multiply_adds() == 25.0 * 16 * 512 * 2048);
  CHECK(lstm.parameters() == 512 * 2048);
  CHECK(build(request("lstm:512x16x25,pass=backward")).multiply_adds() == 2 * lstm.multiply_adds());
  CHECK(build(request("gru:512x16x25,pass=backward_filter")).nodes.size() == 1);
  CHECK(find_workload("gemm:10x10x10").domain == Domain::kernel);
}

TEST_CASE("a bare kernel that cannot be read says what was expected") {
  for (const char* name : {"gemm:",
                           "gemm:1x2",
                           "gemm:1x2x3x4",
                           "gemm:axb",
                           "gemm:0x1x1",
                           "gemm:-1x1x1",
                           "gemm:1x1x1x",
                           "gemm:1 x1x1",
                           "gemm:1.5x1x1",
                           "gemm:99999999999999999999x1x1",
                           "gemm:2147483648x1x1",
                           "bgemm:1x1x1",
                           "conv:1x1x1x1",
                           "conv:1x1x8x8,1x3x3,stride=0",
                           "conv:1x1x8x8,1x3x3,stride=",
                           "conv:1x1x8x8,1x3x3,foo=1",
                           "conv:1x1x8x8,1x3x3,pad=-1",
                           "conv:1x1x8x8,1x3x3,",
                           "conv:1x1x2x2,1x3x3",
                           "conv:1x3x8x8,4x3x3,groups=2",
                           "conv:1x1x8x8,1x3x3,pass=sideways",
                           "softmax:10",
                           "relu:",
                           "relu:x",
                           "nothing:1",
                           ":1",
                           "gemm:1x1x1,stride=1",
                           "lstm:1x1",
                           "lstm:1x1x1,pass=sideways",
                           "lstm:0x1x1"}) {
    INFO(name);
    const std::string why = refusal([&] { build(request(name)); });
    CHECK_FALSE(why.empty());
    CHECK(why.find('\n') == std::string::npos);
  }
  CHECK(refusal([] { build(request("gemm:1x2")); }) ==
        "'gemm:1x2': expected gemm:MxNxK, sizes from 1 to 2147483647");
  CHECK(refusal([] { build(request("gemm:2000000000x2000000000x1")); }).find("more than 2^53 elements") !=
        std::string::npos);
  CHECK(refusal([] { build(request("relu:2000000000x2000000000x2000000000x2000000000")); }).find("2^53") !=
        std::string::npos);
  CHECK_FALSE(refusal([] { build(request("gemm:8x8x8", 4)); }).empty());
}

TEST_CASE("data sets know their samples and what networks are fed by default") {
  CHECK(find_dataset("CIFAR-10")->samples == 50'000);
  CHECK(find_dataset("cifar10")->image_size == 224);
  CHECK(find_dataset("imagenet")->samples == 1'281'167);
  CHECK(find_dataset("squad")->samples == 88'524);
  CHECK(find_dataset("squad")->sequence_length == 384);
  CHECK_FALSE(find_dataset("cifar"));
}
