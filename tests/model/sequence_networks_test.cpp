// Networks of the published training suites that are no plain transformers, against their published sizes.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "model/graph/lower.h"
#include "model/workloads/workload.h"
#include "tests/model/boards.h"

using namespace roofcast;
using doctest::Approx;

namespace {

Graph network(const char* name, std::int64_t batch = 1, std::optional<std::int64_t> length = {},
              Mode mode = Mode::inference) {
  WorkloadRequest r;
  r.name = name;
  r.mode = mode;
  r.batch = batch;
  r.sequence_length = length;
  return build(r);
}

}  // namespace

TEST_CASE("parameters of recommendation, speech and segment networks are the published ones") {
  // Logs of NVIDIA/DeepLearningExamples print these counts: Transformer-XL base 192 M and NCF 31.8 M; Tacotron 2 and
  // WaveGlow (268 M) as `torch.hub` loads them. WaveGlow of the paper: 87.9 M (Zhai et al., "SqueezeWave", 2020,
  // table 1). Transformer-XL large: the 1.14 GB of huggingface.co/transfo-xl/transfo-xl-wt103 in FP32.
  CHECK(network("transformerxl-base").parameters() == 191950298);
  CHECK(static_cast<double>(network("transformerxl-large").parameters()) * 4 ==
        Approx(1.14e9).epsilon(0.005));
  CHECK(network("ncf").parameters() == 31832577);
  CHECK(network("tacotron2").parameters() == 28193153);
  CHECK(network("waveglow-256").parameters() == 87879272);
  CHECK(static_cast<double>(network("waveglow").parameters()) == Approx(268e6).epsilon(0.005));
}

TEST_CASE("weights are there once whether they train or not, however many steps share them") {
  for (const char* name : {"transformerxl-base", "transformerxl-large", "ncf", "tacotron2", "waveglow"}) {
    CAPTURE(name);
    CHECK(network(name, 2, {}, Mode::training).parameters() == network(name).parameters());
  }
}

TEST_CASE("a second of sound takes WaveGlow 229 G multiply-adds") {
  // Zhai et al., "SqueezeWave" (2020), table 1: 228.9 G, 2 % more than products of the code. A group of eight samples:
  const double c = 256, sound = 640, layer = 3 * c * 2 * c + sound * 2 * c, skips = 7 * c * 2 * c + c * c;
  const double flows = 12 * (8 * layer + skips) + 4 * (4 + 3 + 2) * (c + 2 * c) + 4 * (64 + 36 + 16);
  const double upsample = 80.0 * 80 * 1024 * 87;  // of 86.1 frames, whole
  const double all = network("waveglow-256", 1, 22048).multiply_adds();
  CHECK(all == Approx(flows * 2756 + upsample));
  CHECK(all == Approx(228.9e9).epsilon(0.025));
}

TEST_CASE("a segment of Transformer-XL attends to itself and to one before it") {
  const double h = 512, f = 2048, own = 192, seen = 2 * own, batch = 4, words = 267735;
  // Queries, keys and values of all that is seen; positions once a batch; two products of scores and one of contexts.
  const double layer =
      batch * (3 * seen * h * h + own * h * h + 2 * own * h * f + 3 * own * seen * h) + seen * h * h;
  const double head = batch * own * h * (19997 + 3);
  const double all = network("transformerxl-base", 4).multiply_adds();
  CHECK(all > 16 * layer + head);
  CHECK(all < 16 * layer + head * 1.2);  // rare words add a sixth, by Zipf's law
  CHECK(all < 16 * layer + batch * own * h * words);
}

TEST_CASE("Tacotron 2 decodes frame by frame, in training too") {
  const Graph heard = network("tacotron2", 4, 100, Mode::training), spoken = network("tacotron2", 4, 100);
  CHECK(heard.multiply_adds() == Approx(spoken.multiply_adds()));
  // A step of the decoder: prenet, two cells, attention over 18 symbols, mel and gate.
  const double step = 80 * 256 + 256 * 256 + 4096.0 * (256 + 512 + 1024) + 4096.0 * (1024 + 512 + 1024) +
                      1024 * 128 + 18 * (2 * 32 * 31 + 32 * 128 + 128 + 512) + 1536 * 81;
  const Graph longer = network("tacotron2", 1, 101), shorter = network("tacotron2", 1, 100);
  const double postnet = 5.0 * (80 * 512 + 3 * 512 * 512 + 512 * 80);
  CHECK(longer.multiply_adds() - shorter.multiply_adds() == Approx(step + postnet));
  // Some thirty launches forward for a frame keep the host busy.
  const Gpu& gpu = testing::board("v100-sxm2-16gb");
  const auto kernels = [&](std::int64_t frames) {
    Execution e;
    e.mode = Mode::training;
    return lower(network("tacotron2", 4, frames, Mode::training), gpu, e).kernels.size();
  };
  const double each = static_cast<double>(kernels(300) - kernels(200)) / 100;
  CHECK(each > 60);
  CHECK(each < 150);
}
