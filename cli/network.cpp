// Files by what they are called: each importer takes the bytes.
// SPDX-License-Identifier: Apache-2.0
#include "cli/network.h"

#include <memory>

#include "hwdb/read_file.h"
#include "model/importers/huggingface/huggingface.h"
#include "model/workloads/network.h"

namespace roofcast::cli {

WorkloadInfo find_network(const std::string& asked, WorkloadRequest& request) {
  request.name = asked;
  if (asked.ends_with(".json"))
    request.imported = std::make_shared<const Network>(import_huggingface(read_text_file(asked), asked));
  return find_workload(request);
}

}  // namespace roofcast::cli
