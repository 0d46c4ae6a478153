// SPDX-License-Identifier: Apache-2.0
#include "model/formats/number_format.h"

#include <array>

namespace roofcast {
namespace {

struct Entry {
  NumberFormat format;
  std::string_view name;
  double bits;
  bool integer;
};

constexpr std::array<Entry, 11> kEntries{{
    {NumberFormat::fp64, "fp64", 64, false},
    {NumberFormat::fp32, "fp32", 32, false},
    {NumberFormat::tf32, "tf32", 32, false},  // 19 significant bits in a 32-bit word
    {NumberFormat::bf16, "bf16", 16, false},
    {NumberFormat::fp16, "fp16", 16, false},
    {NumberFormat::fp8, "fp8", 8, false},
    {NumberFormat::fp6, "fp6", 6, false},
    {NumberFormat::fp4, "fp4", 4, false},
    {NumberFormat::int32, "int32", 32, true},
    {NumberFormat::int8, "int8", 8, true},
    {NumberFormat::int4, "int4", 4, true},
}};

constexpr const Entry& entry(NumberFormat format) { return kEntries[static_cast<std::size_t>(format)]; }

}  // namespace

std::string_view name(NumberFormat format) { return entry(format).name; }

std::optional<NumberFormat> parse_number_format(std::string_view text) {
  for (const Entry& e : kEntries) {
    if (e.name == text) return e.format;
  }
  return std::nullopt;
}

Bytes storage_size(NumberFormat format) { return Bytes(entry(format).bits / 8); }

bool is_integer(NumberFormat format) { return entry(format).integer; }

}  // namespace roofcast
