// pytorch-image-models benchmark tables: image networks, inference and training steps in milliseconds.
// Source: github.com/huggingface/pytorch-image-models, results/benchmark-*.csv.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "validate/layouts/cells.h"
#include "validate/layouts/readers.h"

namespace roofcast {

RowReader read_timm(const CsvHeader& h, const Profiles& profiles) {
  return
      [&profiles, stacks = StackChooser(profiles, "timm", h), device = h.at("device"), phase = h.at("phase"),
       precision = h.at("precision"), model = h.at("model"), image = h.at("image_size"),
       batch = h.at("batch"), time = h.at("step_ms")](const CsvRow& row, Observation& o) {
        const std::string_view which = row.text(phase);
        if (which != "infer" && which != "train")
          row.fail(phase, fmt::format("'{}' is neither infer nor train", which));
        o.device = row.text(device);
        o.kind = which;
        o.measured = milliseconds_at(row, time);
        set_subject(o, job(profiles, stacks.choose(row),
                           {.workload = row.text(model),
                            .mode = which == "train" ? Mode::training : Mode::inference,
                            .precision = row.text(precision),
                            .batch = row.count(batch),
                            .image_size = row.count(image)}));
      };
}

}  // namespace roofcast
