// Number formats by name and size.
// SPDX-License-Identifier: Apache-2.0
#include "model/formats/number_format.h"

#include <doctest/doctest.h>

using namespace roofcast;
using enum NumberFormat;

namespace {
constexpr NumberFormat kAll[] = {fp64, fp32, tf32, bf16, fp16, fp8, fp6, fp4, int32, int8, int4};
}

TEST_CASE("every format is parsed back from its own name") {
  for (const NumberFormat format : kAll) {
    CAPTURE(name(format));
    CHECK(parse_number_format(name(format)) == format);
  }
}

TEST_CASE("other spellings are nothing") {
  for (const char* text : {"", "FP16", "fp", "fp16 ", "half", "int16"})
    CHECK_FALSE(parse_number_format(text));
}

TEST_CASE("storage is bits over eight, TF32 is stored in 32 bits and FP4 in half a byte") {
  CHECK(storage_size(fp64) == Bytes(8));
  CHECK(storage_size(fp32) == Bytes(4));
  CHECK(storage_size(tf32) == Bytes(4));
  CHECK(storage_size(bf16) == Bytes(2));
  CHECK(storage_size(fp16) == Bytes(2));
  CHECK(storage_size(fp8) == Bytes(1));
  CHECK(storage_size(fp6) == Bytes(0.75));
  CHECK(storage_size(fp4) == Bytes(0.5));
  CHECK(storage_size(int32) == Bytes(4));
  CHECK(storage_size(int8) == Bytes(1));
  CHECK(storage_size(int4) == Bytes(0.5));
}

TEST_CASE("the integer formats are those quoted in TOPS") {
  for (const NumberFormat format : kAll) {
    CHECK(is_integer(format) == (format == int32 || format == int8 || format == int4));
  }
}
