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

/// Square filters.
struct Filter {
  std::int64_t out = 1, size = 1;
  std::int64_t stride = 1, pad = 0, groups = 1;
  bool bias = false;
};

class ImageBuilder : public GraphBuilder {
 public:
  /// Starts at an RGB image of request.image_size pixels, or `default_size`.
  ImageBuilder(std::string name, std::string description, const WorkloadRequest& request,
               std::int64_t default_size);

  Feature image() const { return image_; }
  std::int64_t count(const Feature& x) const;  // elements of the whole batch

  Feature conv(const std::string& name, Feature x, const Filter& filter);
  Feature batch_norm(const std::string& name, Feature x);
  /// An activation; `in_place` as networks that ask for it do.
  Feature activation(const std::string& name, Feature x, std::string_view function, bool in_place = true);
  Feature relu(const std::string& name, Feature x) { return activation(name, x, "relu"); }
  /// conv, batch norm and, where named, an activation: "x.conv", "x.bn", "x.relu".
  Feature conv_bn(const std::string& name, Feature x, const Filter& filter,
                  std::string_view function = "relu");
  Feature max_pool(const std::string& name, Feature x, std::int64_t window, std::int64_t stride,
                   std::int64_t pad, bool ceil = false);
  Feature average_pool(const std::string& name, Feature x, std::int64_t window, std::int64_t stride);
  Feature global_average(const std::string& name, Feature x);
  Feature add(const std::string& name, Feature a, Feature b);
  using GraphBuilder::add;
  /// x times one number per channel and image, made by `gate`.
  Feature scale(const std::string& name, Feature x, Feature gate);
  Feature concat(const std::string& name, const std::vector<Feature>& parts);
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
  Feature pool(const std::string& name, Feature x, Pool::Kind kind, std::int64_t window, std::int64_t stride,
               std::int64_t pad, bool ceil);
  std::int64_t size_after(const std::string& name, std::int64_t in, std::int64_t window, std::int64_t stride,
                          std::int64_t pad, bool ceil) const;

  std::string network_;
  Feature image_;
};

}  // namespace roofcast
