// Data sets and how many samples an epoch of their training split has.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "model/workloads/names.h"
#include "model/workloads/workload.h"

namespace roofcast {
namespace {

Dataset images(const char* name, std::int64_t samples, std::int64_t classes) {
  return {name, samples, Domain::image, 224, std::nullopt, classes};
}

Dataset sequences(const char* name, std::int64_t samples, std::int64_t length, std::int64_t classes) {
  return {name, samples, Domain::sequence, std::nullopt, length, classes};
}

}  // namespace

// Source: Krizhevsky (2009); Russakovsky et al. (2015), ImageNet-1k; Rajpurkar et al. (2016), SQuAD v1.1: 87,599
// questions, 88,524 features at length 384 and stride 128; Wang et al. (2019), GLUE. Small images are resized to 224,
// what an ImageNet network is fine-tuned with; --image 32 leaves them.
const std::vector<Dataset>& datasets() {
  static const std::vector<Dataset> all{
      images("cifar10", 50'000, 10),       images("cifar100", 50'000, 100),
      images("imagenet", 1'281'167, 1000), images("tiny-imagenet", 100'000, 200),
      sequences("squad", 88'524, 384, 2),  sequences("mnli", 392'702, 128, 3),
      sequences("qqp", 363'846, 128, 2),   sequences("qnli", 104'743, 128, 2),
      sequences("sst2", 67'349, 128, 2),   sequences("cola", 8'551, 128, 2),
      sequences("mrpc", 3'668, 128, 2),    sequences("rte", 2'490, 128, 2),
  };
  return all;
}

std::optional<Dataset> find_dataset(std::string_view name) {
  std::string wanted = normalised(name);
  if (wanted == "imagenet1k" || wanted == "ilsvrc2012") wanted = "imagenet";
  if (wanted == "squad11" || wanted == "squadv11") wanted = "squad";
  const auto& all = datasets();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Dataset& d) { return normalised(d.name) == wanted; });
  if (found == all.end()) return std::nullopt;
  return *found;
}

}  // namespace roofcast
