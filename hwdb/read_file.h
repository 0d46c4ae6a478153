// Reading a text file a user named, without trusting it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace roofcast {

/// The bytes of a regular file of at most `limit` bytes. Throws InputError on a folder, a pipe, a larger or a binary
/// file (one with a NUL byte), or one that cannot be read.
std::string read_text_file(const std::filesystem::path& path, std::size_t limit = 4 << 20);

}  // namespace roofcast
