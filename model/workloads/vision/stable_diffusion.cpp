// Stable Diffusion 1.5: prompt encoder, denoising network, image decoder; and one image as all of them.
// Source: Rombach et al. (2022); the configs of runwayml/stable-diffusion-v1-5: UNet of 320, 640, 1280 and 1280 channels
// with eight heads, CLIP ViT-L/14's text half, an autoencoder that shrinks sides eight times. Sampling with
// classifier-free guidance (Ho and Salimans 2022): every step evaluates the UNet with and without the prompt.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <stdexcept>

#include "model/workloads/families.h"
#include "model/workloads/vision/diffusion_layers.h"

namespace roofcast {
namespace {

constexpr std::int64_t kTokens = 77, kText = 768, kHeads = 8, kTime = 1280;
constexpr std::array<std::int64_t, 4> kWidths{320, 640, 1280, 1280};

class StableDiffusion : public DiffusionBuilder {
 public:
  StableDiffusion(const WorkloadRequest& request, const WorkloadInfo& info)
      : DiffusionBuilder(request, info) {
    if (image().h % 64 != 0 || image().w % 64 != 0)
      throw std::invalid_argument(info.name + ": sides must be multiples of 64");
  }

  Feature latents(std::int64_t c = 4) const { return {kModelInput, c, image().h / 8, image().w / 8}; }

  Tokens encode_prompt() {
    const Tokens shape{kModelInput, batch(), kTokens, kText};
    Tokens x = shape;
    x.node = embedding("text.token_embedding", rows(x), kText, 49408);
    x = positions("text.position_embedding", x);
    for (int i = 0; i < 12; ++i) {
      const std::string name = "text.layers." + std::to_string(i);
      x = sum(name + ".add_1", x,
              self_attention(name + ".attn", norm(name + ".norm1", x), {.heads = 12, .mask = true}));
      // x · sigmoid(1.702 x) in three kernels: CLIP's "quick GELU".
      Tokens y = project(name + ".fc1", norm(name + ".norm2", x), 4 * kText);
      const int scaled = pointwise(name + ".gelu.scale", "mulu", count(y), {y.node});
      const int gate = pointwise(name + ".gelu.sigmoid", "sigmoid", count(y), {scaled});
      y.node = pointwise(name + ".gelu.mul", "mul", count(y), {y.node, gate});
      x = sum(name + ".add_2", x, project(name + ".fc2", y, kText));
    }
    return norm("text.final_norm", x);
  }

  Feature denoise(Feature x, const Tokens& prompt) {
    int time = linear("unet.time.0", kModelInput, batch(), 320, kTime);
    time = linear("unet.time.2", pointwise("unet.time.silu", "silu", batch() * kTime, {time}), batch(), kTime,
                  kTime);
    const auto block = [&](const std::string& name, Feature f, std::int64_t out, bool attends) {
      f = residual(name + ".resnet", f, out, time, kTime);
      return attends ? transformer(name + ".attention", f, prompt, kHeads) : f;
    };
    x = conv3("unet.conv_in", x, kWidths[0]);
    std::vector<Feature> passed{x};
    for (std::size_t level = 0; level < kWidths.size(); ++level) {
      const std::string at = "unet.down." + std::to_string(level);
      for (const char* i : {".0", ".1"}) passed.push_back(x = block(at + i, x, kWidths[level], level < 3));
      if (level < 3) passed.push_back(x = conv3(at + ".downsample", x, x.c, 2));
    }
    x = block("unet.mid.0", x, kTime, true);
    x = residual("unet.mid.1", x, kTime, time, kTime);
    for (std::size_t level = kWidths.size(); level-- > 0;) {
      const std::string at = "unet.up." + std::to_string(level);
      for (const char* i : {".0", ".1", ".2"}) {
        const Feature both = concat(at + i + ".concat", {x, passed.back()});
        passed.pop_back();
        x = block(at + i, both, kWidths[level], level < 3);
      }
      if (level > 0) x = conv3(at + ".upsample.conv", upsample(at + ".upsample", x, 2), x.c);
    }
    return conv3("unet.conv_out", normed_silu("unet.norm_out", x), 4);
  }

  Feature decode(Feature x) {
    x = conv3("vae.conv_in", conv("vae.post_quant_conv", x, {.out = 4, .bias = true}), 512);
    x = residual("vae.mid.0", x, 512);
    x = residual("vae.mid.1", pixel_attention("vae.mid.attention", x), 512);
    int level = 0;
    for (const std::int64_t width : {512, 512, 256, 128}) {
      const std::string at = "vae.up." + std::to_string(level);
      for (const char* i : {".0", ".1", ".2"}) x = residual(at + i, x, width);
      if (level++ < 3) x = conv3(at + ".upsample.conv", upsample(at + ".upsample", x, 2), width);
    }
    return conv3("vae.conv_out", normed_silu("vae.norm_out", x), 3);
  }
};

Graph build_unet(const WorkloadRequest& request, const WorkloadInfo& info) {
  StableDiffusion b(request, info);
  const Feature x = b.latents();
  b.set_input(b.count(x) + b.batch() * kTokens * kText);
  b.denoise(x, {kModelInput, b.batch(), kTokens, kText});
  return b.take();
}

Graph build_text_encoder(const WorkloadRequest& request, const WorkloadInfo& info) {
  StableDiffusion b(request, info);
  b.set_input(b.batch() * kTokens);
  b.encode_prompt();
  return b.take();
}

Graph build_decoder(const WorkloadRequest& request, const WorkloadInfo& info) {
  StableDiffusion b(request, info);
  b.set_input(b.count(b.latents()));
  b.decode(b.latents());
  return b.take();
}

Graph build_image(const WorkloadRequest& request, const WorkloadInfo& info) {
  if (request.mode == Mode::training)
    throw std::invalid_argument(info.name + " makes images, for inference only; its UNet trains: sd15-unet");
  StableDiffusion b(request, info);
  b.set_input(b.batch() * kTokens);
  constexpr std::int64_t guided = 2;  // with and without the prompt
  b.set_repetition(guided, 1);
  const Tokens prompt = b.encode_prompt();
  b.set_repetition(guided, request.steps.value_or(50));
  Feature x = b.denoise(b.latents(), prompt);
  b.set_repetition(1, request.steps.value_or(50));
  for (const char* part : {"difference", "scale", "add", "step.0", "step.1"})
    x.node = b.pointwise(std::string("guidance.") + part, "addu", b.count(x), {x.node});
  b.set_repetition(1, 1);
  b.decode(x);
  return b.take();
}

Network entry(const char* name, const char* description, std::vector<std::string> aliases, std::int64_t batch,
              BuildNetwork build) {
  Network network = image_network(name, description, std::move(aliases), 512, std::move(build));
  network.info.default_batch = batch;
  network.info.default_optimizer = Optimizer::adam;
  return network;
}

}  // namespace

std::vector<Network> stable_diffusion_family() {
  Network image = entry("stable-diffusion-1.5", "images in 50 guided steps",
                        {"sd15", "sd-1.5", "stable-diffusion-v1-5", "stable-diffusion-v1.5"}, 1, build_image);
  image.takes_steps = true;
  image.info.trains = false;
  return {
      std::move(image),
      entry("sd15-unet", "its UNet, once", {"stable-diffusion-1.5-unet"}, 8, build_unet),
      entry("sd15-text-encoder", "its prompt encoder", {"stable-diffusion-1.5-text"}, 8, build_text_encoder),
      entry("sd15-vae-decoder", "its image decoder", {"stable-diffusion-1.5-decoder"}, 1, build_decoder),
  };
}

}  // namespace roofcast
