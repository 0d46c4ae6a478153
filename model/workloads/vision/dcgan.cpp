// DCGAN: training is a step of the discriminator on real and on made images and a step of the generator through it.
// Source: Radford et al., "Unsupervised Representation Learning with DCGAN" (2016), figure 1, with the widths of PyTorch's
// examples/dcgan/main.py (64 for both networks).
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <stdexcept>

#include "model/workloads/families.h"
#include "model/workloads/image_builder.h"

namespace roofcast {
namespace {

class Dcgan : public ImageBuilder {
 public:
  using ImageBuilder::ImageBuilder;

  Feature generate(Feature noise) {
    Feature x = noise;
    int layer = 0;
    for (const std::int64_t out : {512, 256, 128, 64}) {
      const std::string name = "generator." + std::to_string(layer);
      x = conv_transpose(name + ".conv", x, up(out, layer++ == 0));
      x = relu(name + ".relu", batch_norm(name + ".bn", x));
    }
    return activation("generator.tanh", conv_transpose("generator.4.conv", x, up(3, false)), "tanh", false);
  }

  /// `shared`: its weights were counted by an earlier pass; `detached`: no gradient leaves it.
  void judge(const std::string& pass, Feature x, bool shared, bool detached) {
    const int from = node_count();
    int layer = 0;
    for (const std::int64_t out : {64, 128, 256, 512}) {
      const std::string name = pass + "." + std::to_string(layer);
      x = conv(name + ".conv", x, {.out = out, .size = 4, .stride = 2, .pad = 1});
      if (detached && layer == 0) at(x.node).needs_input_gradient = false;
      if (layer++ > 0) x = batch_norm(name + ".bn", x);
      x = activation(name + ".leaky_relu", x, "leakyrelu");
    }
    x = activation(pass + ".sigmoid", conv(pass + ".4.conv", x, {.out = 1, .size = 4}), "sigmoid", false);
    cross_entropy(pass + ".loss", x.node, batch(), 1);
    for (int i = from; shared && i < node_count(); ++i) at(i).parameters = 0;
  }

 private:
  static Filter up(std::int64_t out, bool first) {
    return {.out = out, .size = 4, .stride = first ? 1 : 2, .pad = first ? 0 : 1};
  }
};

Graph build_dcgan(const WorkloadRequest& request, const WorkloadInfo& info) {
  if (request.image_size.value_or(64) != 64 || request.image_width)
    throw std::invalid_argument(info.name + " makes images of 64×64 only");
  Dcgan b(request, info);
  const Feature noise{kModelInput, 100, 1, 1};
  b.set_input(b.training() ? b.count(noise) + b.count(b.image()) : b.count(noise));
  const Feature made = b.generate(noise);
  if (!b.training()) return b.take();
  b.judge("discriminator.real", b.image(), false, true);
  b.judge("discriminator.made", made, true, true);
  b.judge("discriminator.through", made, true, false);
  return b.take();
}

}  // namespace

std::vector<Network> dcgan_family() {
  Network network = image_network("dcgan", "DCGAN; inference is the generator", {}, 64, build_dcgan);
  network.info.default_batch = 128;
  network.info.default_optimizer = Optimizer::adam;
  return {std::move(network)};
}

}  // namespace roofcast
