// Files by what they are called: each importer takes the bytes.
// SPDX-License-Identifier: Apache-2.0
#include "cli/network.h"

#include "model/workloads/network.h"

namespace roofcast::cli {

WorkloadInfo find_network(const std::string& asked, WorkloadRequest& request) {
  request.name = asked;
  return find_workload(request);
}

}  // namespace roofcast::cli
