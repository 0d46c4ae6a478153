// Lookup by name among the embedded files.
// SPDX-License-Identifier: Apache-2.0
#include "hwdb/embedded.h"

namespace roofcast {

std::string_view embedded_file(std::string_view name) {
  for (const EmbeddedFile& file : embedded_files()) {
    if (file.name == name) return file.text;
  }
  return {};
}

}  // namespace roofcast
