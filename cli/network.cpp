// Files by what they are called: each importer takes the bytes.
// SPDX-License-Identifier: Apache-2.0
#include "cli/network.h"

#include <algorithm>
#include <filesystem>
#include <memory>

#include "cli/mapped_file.h"
#include "hwdb/input_error.h"
#include "hwdb/read_file.h"
#include "model/importers/huggingface/huggingface.h"
#include "model/importers/onnx/onnx.h"
#include "model/workloads/network.h"

namespace roofcast::cli {
namespace {

bool ends_with(std::string name, std::string_view ending) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name.ends_with(ending);
}

}  // namespace

WorkloadInfo find_network(const std::string& asked, WorkloadRequest& request) {
  request.name = asked;
  if (ends_with(asked, ".onnx")) {
    const MappedFile file(asked);
    request.imported = import_onnx(file.bytes(), std::filesystem::path(asked).filename().string());
    request.name = request.imported->info.name;
  }
  if (ends_with(asked, ".json"))
    request.imported = std::make_shared<const Network>(import_huggingface(read_text_file(asked), asked));
  return find_workload(request);
}

}  // namespace roofcast::cli
