// A shared library that is there or not, found at run time: the program starts on machines without CUDA.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace roofcast::harness {

/// Usage: auto cuda = Library::open({"libcuda.so.1"}); if (cuda) cuda->symbol("cuInit");
class Library {
 public:
  /// The first of `names` that loads, looked for where the system does and in $CUDA_HOME; the loader's reason otherwise.
  static tl::expected<Library, std::string> open(const std::vector<std::string>& names);

  /// nullptr where it has none of that name.
  void* symbol(const char* name) const;
  const std::string& name() const { return name_; }

 private:
  Library(std::shared_ptr<void> handle, std::string name)
      : handle_(std::move(handle)), name_(std::move(name)) {}
  std::shared_ptr<void> handle_;  // never unloaded: CUPTI's and cuBLAS's threads may outlive their last user
  std::string name_;
};

/// Fills `function` with the symbol; a missing one is added to `missing`.
template <class Function>
void load(const Library& library, const char* name, Function*& function, std::string& missing) {
  function = reinterpret_cast<Function*>(library.symbol(name));
  if (function == nullptr && missing.empty()) missing = name;
}

}  // namespace roofcast::harness

// Tables of functions: ROOFCAST_DECLARE makes a pointer of the type the header declares, ROOFCAST_LOAD fills it. The name
// is expanded first, since headers rename functions to their newest version ("cuMemAlloc" is cuMemAlloc_v2).
#define ROOFCAST_TEXT2(x) #x
#define ROOFCAST_TEXT(x) ROOFCAST_TEXT2(x)
// NOLINTNEXTLINE(bugprone-macro-parentheses): a name that is declared takes none
#define ROOFCAST_DECLARE(function) decltype(&::function) function = nullptr;
#define ROOFCAST_LOAD(function) load(library, ROOFCAST_TEXT(function), table.function, missing);
