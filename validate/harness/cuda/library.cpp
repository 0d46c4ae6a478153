// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/cuda/library.h"

#include <dlfcn.h>

#include <cstdlib>

namespace roofcast::harness {

tl::expected<Library, std::string> Library::open(const std::vector<std::string>& names) {
  std::vector<std::string> paths = names;
  if (const char* home = std::getenv("CUDA_HOME"); home != nullptr && *home != '\0') {
    for (const char* folder : {"/lib64/", "/extras/CUPTI/lib64/", "/lib/"}) {
      for (const std::string& name : names) paths.push_back(std::string(home) + folder + name);
    }
  }
  for (const std::string& path : paths) {
    if (void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE))
      return Library(std::shared_ptr<void>(handle, ::dlclose), path);
  }
  return tl::unexpected(names.front() + " not found");
}

void* Library::symbol(const char* name) const { return ::dlsym(handle_.get(), name); }

}  // namespace roofcast::harness
