// Neural collaborative filtering (NeuMF): will this user like that film? Factors multiplied beside a small network.
// Source: He et al., "Neural Collaborative Filtering" (2017); NVIDIA/DeepLearningExamples, PyTorch/Recommendation/NCF
// (neumf.py): 64 factors, layers of 256, 256, 128 and 64, MovieLens 20M with 138,493 users and 26,744 films.
// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "model/workloads/elements.h"
#include "model/workloads/families.h"
#include "model/workloads/graph_builder.h"

namespace roofcast {
namespace {

constexpr std::int64_t kUsers = 138493, kFilms = 26744, kFactors = 64;
constexpr std::array<std::int64_t, 4> kLayers{256, 256, 128, 64};

class NeuMf : public GraphBuilder {
 public:
  NeuMf(const WorkloadRequest& request, const WorkloadInfo& info)
      : GraphBuilder(info.name, info.description, request), name_(info.name) {}

  Graph build() {
    set_input(elements(name_, {batch(), 2}));
    const std::int64_t half = kLayers.front() / 2;
    const int factors = pointwise("gmf.mul", "mul", values(kFactors),
                                  {table("gmf.user", kFactors, kUsers), table("gmf.film", kFactors, kFilms)});
    int x = joined("mlp.cat", {table("mlp.user", half, kUsers), table("mlp.film", half, kFilms)},
                   values(kLayers.front()));
    for (std::size_t i = 1; i < kLayers.size(); ++i) {
      const std::string at = "mlp." + std::to_string(i - 1);
      x = linear(at, x, batch(), kLayers[i - 1], kLayers[i]);
      x = pointwise(at + ".relu", "relu", values(kLayers[i]), {x});
      x = dropout(at + ".dropout", x, values(kLayers[i]));
    }
    x = joined("cat", {factors, x}, values(kFactors + kLayers.back()));
    x = linear("final", x, batch(), kFactors + kLayers.back(), 1);
    cross_entropy("loss", x, batch(), 1);
    return take();
  }

 private:
  std::int64_t values(std::int64_t width) const { return elements(name_, {batch(), width}); }

  int table(const std::string& name, std::int64_t width, std::int64_t rows) {
    return embedding(name, batch(), width, rows);
  }

  std::string name_;
};

}  // namespace

std::vector<Network> ncf_family() {
  Network network;
  network.info.name = "ncf";
  network.info.description = "NeuMF on MovieLens 20M, pairs of user and film, 32 M";
  network.info.domain = Domain::tensor;
  network.info.default_batch = 1 << 20;
  network.info.default_optimizer = Optimizer::adam;
  network.aliases = {"neumf"};
  network.build = [](const WorkloadRequest& request, const WorkloadInfo& info) {
    return NeuMf(request, info).build();
  };
  return {network};
}

}  // namespace roofcast
