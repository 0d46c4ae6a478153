// POSIX memory maps.
// SPDX-License-Identifier: Apache-2.0
#include "cli/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "hwdb/input_error.h"

namespace roofcast::cli {

MappedFile::MappedFile(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a FIFO must not block
  if (file < 0) throw InputError(path + ": " + std::strerror(errno));
  struct stat status = {};
  const bool known = fstat(file, &status) == 0;
  std::string problem;
  if (!known) {
    problem = std::strerror(errno);
  } else if (S_ISDIR(status.st_mode)) {
    problem = "is a folder, not a file";
  } else if (!S_ISREG(status.st_mode)) {
    problem = "is not a regular file";
  } else if (status.st_size > 0) {
    size_ = static_cast<std::size_t>(status.st_size);
    void* const map = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
    if (map == MAP_FAILED) {
      problem = std::strerror(errno);
    } else {
      madvise(map, size_, MADV_RANDOM);  // weights are skipped, so reading ahead would fetch them for nothing
      data_ = static_cast<const char*>(map);
    }
  }
  close(file);
  if (!problem.empty()) throw InputError(path + ": " + problem);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(const_cast<char*>(data_), size_);  // NOLINT: munmap takes no const
}

}  // namespace roofcast::cli
