// MLP-Mixer: layers over channels and layers over patches take turns.
// Source: Tolstikhin et al. (2021), table 1, as timm, mlp_mixer.py.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <stdexcept>

#include "model/workloads/families.h"
#include "model/workloads/token_builder.h"

namespace roofcast {
namespace {

struct Shape {
  std::int64_t patch, layers, hidden;
};

Graph build_mixer(const WorkloadRequest& request, const WorkloadInfo& info, const Shape& shape) {
  TokenBuilder b(request, info);
  if (b.image().h != 224 || b.image().w != 224)
    throw std::invalid_argument(
        fmt::format("{}: its weights span 224×224 pixels; no other size fits", info.name));
  Tokens x =
      b.flatten("stem.flatten",
                b.conv("stem", b.image(),
                       {.out = shape.hidden, .size = shape.patch, .stride = shape.patch, .bias = true}));
  for (std::int64_t i = 0; i < shape.layers; ++i) {
    const std::string name = "blocks." + std::to_string(i);
    Tokens y = b.norm(name + ".norm1", x);
    y.node = b.rearrange(name + ".transpose", y.node, b.count(y));
    std::swap(y.length, y.width);
    y = b.mlp(name + ".mlp_tokens", y, shape.hidden / 2);
    std::swap(y.length, y.width);  // the sum reads it across
    x = b.sum(name + ".add_1", x, y);
    x = b.sum(name + ".add_2", x,
              b.mlp(name + ".mlp_channels", b.norm(name + ".norm2", x), 4 * shape.hidden));
  }
  return b.classify_tokens("head", b.mean("mean", b.norm("norm", x)), request.classes.value_or(1000));
}

Network entry(const char* name, const char* description, std::vector<std::string> aliases,
              const Shape& shape) {
  return image_network(name, description, std::move(aliases), 224,
                       [shape](const WorkloadRequest& request, const WorkloadInfo& info) {
                         return build_mixer(request, info, shape);
                       });
}

}  // namespace

std::vector<Network> mixer_family() {
  return {
      entry("mixer-s-16", "MLP-Mixer, small", {"mixer-s16-224"}, {16, 8, 512}),
      entry("mixer-b-16", "MLP-Mixer, base", {"mixer-b16-224"}, {16, 12, 768}),
      entry("mixer-l-16", "MLP-Mixer, large", {"mixer-l16-224"}, {16, 24, 1024}),
  };
}

}  // namespace roofcast
