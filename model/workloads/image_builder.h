// Layers of convolutional networks on top of GraphBuilder.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/workloads/graph_builder.h"

namespace roofcast {

/// An image tensor: `node` made it, of c channels and h × w pixels.
struct Feature {
  int node = kModelInput;
  std::int64_t c = 3, h = 1, w = 1;
  std::int64_t per_image() const { return c * h * w; }
};

/// Filters of size × size, or size × width where a width is given.
struct Filter {
  std::int64_t out = 1, size = 1;
  std::int64_t stride = 1, pad = 0, groups = 1;
  bool bias = false;
  std::optional<std::int64_t> width = {}, pad_w = {};
  std::int64_t dilation = 1;
};

class ImageBuilder : public GraphBuilder {
 public:
  using GraphBuilder::split;
  /// Starts at an RGB image of request.image_size pixels, or `default_size`.
  ImageBuilder(std::string name, std::string description, const WorkloadRequest& request,
               std::int64_t default_size);
  ImageBuilder(const WorkloadRequest& request, const WorkloadInfo& info)
      : ImageBuilder(info.name, info.description, request, *info.default_image_size) {}

  Feature image() const { return image_; }
  const std::string& network() const { return network_; }
  std::int64_t count(const Feature& x) const;  // elements of the whole batch

  Feature conv(const std::string& name, Feature x, const Filter& filter);
  /// The gradient of a convolution used as a layer: (h − 1) · stride + size − 2 · pad pixels.
  Feature conv_transpose(const std::string& name, Feature x, const Filter& filter);
  Feature batch_norm(const std::string& name, Feature x);
  /// Over groups of channels of one image, which is a row.
  Feature group_norm(const std::string& name, Feature x, std::int64_t groups = 32);
  /// An activation; `in_place` as networks that ask for it do.
  Feature activation(const std::string& name, Feature x, std::string_view function, bool in_place = true);
  Feature relu(const std::string& name, Feature x) { return activation(name, x, "relu"); }
  /// conv, batch norm and, where named, an activation: "x.conv", "x.bn", "x.relu".
  Feature conv_bn(const std::string& name, Feature x, const Filter& filter,
                  std::string_view function = "relu");
  Feature max_pool(const std::string& name, Feature x, std::int64_t window, std::int64_t stride,
                   std::int64_t pad, bool ceil = false);
  Feature average_pool(const std::string& name, Feature x, std::int64_t window, std::int64_t stride,
                       std::int64_t pad = 0, bool ceil = false);
  Feature global_average(const std::string& name, Feature x);
  Feature add(const std::string& name, Feature a, Feature b);
  using GraphBuilder::add;
  /// x times one number per channel and image, made by `gate`.
  Feature scale(const std::string& name, Feature x, Feature gate);
  Feature concat(const std::string& name, const std::vector<Feature>& parts);
  /// Channels of x, not copied: readers take strided views.
  Feature channels(const std::string& name, Feature x, std::int64_t count);
  /// A copy padded as TensorFlow's "same" wants it for a window and stride; x itself where nothing is to pad.
  Feature pad_same(const std::string& name, Feature x, std::int64_t window, std::int64_t stride);
  /// Every pixel `factor` × `factor` times.
  Feature upsample(const std::string& name, Feature x, std::int64_t factor);
  /// 3×3 depthwise and 1×1 layers and the like: a depthwise filter over x.
  Feature depthwise(const std::string& name, Feature x, std::int64_t size, std::int64_t stride,
                    bool bias = false) {
    return conv(name, x,
                {.out = x.c, .size = size, .stride = stride, .pad = size / 2, .groups = x.c, .bias = bias});
  }
  /// x times a learnt number per channel (layer scale).
  Feature scale_channels(const std::string& name, Feature x);
  /// Squeeze and excite: average, two 1×1 convolutions, a gate. Source: Hu et al. (2018).
  Feature squeeze_excite(const std::string& name, Feature x, std::int64_t hidden, std::string_view inner,
                         std::string_view gate);
  /// A fully connected layer on the flattened feature.
  Feature dense(const std::string& name, Feature x, std::int64_t out);
  Feature dropout_image(const std::string& name, Feature x);
  /// Final layer and loss.
  Graph classify(const std::string& name, Feature x, std::int64_t classes);
  Graph finish(Feature logits);

 private:
  Feature with_bias(const std::string& name, Feature y);
  Feature pool(const std::string& name, Feature x, Pool::Kind kind, std::int64_t window, std::int64_t stride,
               std::int64_t pad, bool ceil);
  std::int64_t size_after(const std::string& name, std::int64_t in, std::int64_t window, std::int64_t stride,
                          std::int64_t pad, bool ceil = false) const;

  std::string network_;
  Feature image_;
};

}  // namespace roofcast
