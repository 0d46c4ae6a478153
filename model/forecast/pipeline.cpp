// SPDX-License-Identifier: Apache-2.0
#include "model/forecast/pipeline.h"

#include <algorithm>

namespace roofcast {

Seconds decode_time(const Loader& loader, std::int64_t samples) {
  return loader.decode *
         (static_cast<double>(samples) / static_cast<double>(std::max<std::int64_t>(1, loader.workers)));
}

Seconds pageable(Seconds copy, Bytes input) { return copy.value > 0 ? copy + input / kStaging : copy; }

Seconds paced(const Pace& pace, const Execution& execution) {
  const auto& loader = execution.loader;
  if (!loader) {
    const Seconds step = std::max(pace.gpu, pace.host) + pace.wait;
    return execution.mode == Mode::training ? std::max(step, pace.copy) : step + pace.copy;
  }
  const bool alone = loader->workers == 0;
  Seconds step = std::max(pace.gpu, alone ? pace.host + pace.decode : pace.host) + pace.wait;
  step = loader->pinned ? std::max(step, pace.copy) : step + pace.copy;
  return alone ? step : std::max(step, pace.decode);
}

Seconds epoch_start(const Loader& loader, std::int64_t batch, double epochs) {
  if (loader.workers == 0) return Seconds(0);
  const double starts = loader.persistent ? 1 / std::max(1.0, epochs) : 1;
  return loader.decode * static_cast<double>(batch) +
         loader.start * (static_cast<double>(loader.workers) * starts);
}

}  // namespace roofcast
