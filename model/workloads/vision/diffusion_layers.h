// Blocks of latent diffusion: residual blocks with group norms, transformers over pixels.
// Source: Rombach et al., "High-Resolution Image Synthesis with Latent Diffusion Models" (2022), appendix; diffusers,
// models/resnet.py and models/attention.py.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/workloads/token_builder.h"

namespace roofcast {

class DiffusionBuilder : public TokenBuilder {
 public:
  using TokenBuilder::TokenBuilder;

  /// Norm, SiLU, 3×3 convolution, twice; `embedding` (of the time step, of `embedded` values) is added between them.
  Feature residual(const std::string& name, Feature x, std::int64_t out, int embedding = kModelInput,
                   std::int64_t embedded = 0);
  /// Self-attention, attention to the prompt's `context` and a gated feed-forward layer over the pixels of x.
  Feature transformer(const std::string& name, Feature x, const Tokens& context, std::int64_t heads);
  /// One head over the pixels of x, as in the autoencoder.
  Feature pixel_attention(const std::string& name, Feature x);
  Feature normed_silu(const std::string& name, Feature x);
  Feature conv3(const std::string& name, Feature x, std::int64_t out, std::int64_t stride = 1) {
    return conv(name, x, {.out = out, .size = 3, .stride = stride, .pad = 1, .bias = true});
  }
};

}  // namespace roofcast
