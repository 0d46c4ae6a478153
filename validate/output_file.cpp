// SPDX-License-Identifier: Apache-2.0
#include "validate/output_file.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "hwdb/input_error.h"

namespace roofcast {
namespace {

namespace fs = std::filesystem;

std::string reason() { return errno != 0 ? ": " + std::generic_category().message(errno) : ""; }

}  // namespace

OutputFile::OutputFile(fs::path path) : path_(std::move(path)) {
  std::error_code error;
  if (path_.empty()) throw InputError("the name of the output file is empty");
  if (fs::is_directory(path_, error)) throw InputError(path_.string() + ": is a folder, not a file to write");
  if (fs::is_symlink(path_, error)) {  // write to what it points to, keep the link
    const fs::path target = fs::weakly_canonical(path_, error);
    if (!error) path_ = target;
  }
  const auto status = fs::status(path_, error);
  const bool in_place = fs::exists(status) && !fs::is_regular_file(status);
  if (fs::is_regular_file(status) &&
      ::access(path_.c_str(), W_OK) != 0) {  // a rename would override its protection
    throw InputError(path_.string() + ": cannot be written" + reason());
  }
  temporary_ = in_place ? path_ : fs::path(path_.string() + ".tmp-" + std::to_string(::getpid()));
  errno = 0;
  stream_.open(temporary_, std::ios::binary | std::ios::trunc);
  if (!stream_) throw InputError(path_.string() + ": cannot be written" + reason());
}

OutputFile::~OutputFile() {
  if (committed_ || temporary_ == path_) return;
  stream_.close();
  std::error_code ignored;
  fs::remove(temporary_, ignored);
}

void OutputFile::commit() {
  errno = 0;
  stream_.close();
  if (!stream_) throw InputError(path_.string() + ": cannot be written" + reason());
  if (temporary_ != path_) {
    std::error_code error;
    fs::rename(temporary_, path_, error);
    if (error) throw InputError(path_.string() + ": cannot be written: " + error.message());
  }
  committed_ = true;
}

}  // namespace roofcast
