// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/identify.h"

#include <doctest/doctest.h>

#include "hwdb/hwdb.h"

using namespace roofcast;
using namespace roofcast::harness;

namespace {
std::string slug(const char* name, const char* cc, int sms, double gib, std::optional<Watts> limit = {}) {
  Identity id;
  id.name = name;
  id.compute_capability = cc;
  id.sm_count = sms;
  id.memory = Bytes(gib * 1073741824);
  id.power_limit = limit;
  const auto gpu = identify(Hwdb::embedded().gpus(), id);
  return gpu ? gpu->slug : "(unknown)";
}
}  // namespace

TEST_CASE("boards are found by what their driver says") {
  CHECK(slug("Quadro P4000", "6.1", 14, 7.9) == "quadro-p4000");
  CHECK(slug("NVIDIA GeForce RTX 3060", "8.6", 28, 11.75) == "rtx-3060-12gb");
  CHECK(slug("NVIDIA H200", "9.0", 132, 139.8, Watts(700)) == "h200-sxm");
  CHECK(slug("Tesla T4", "7.5", 40, 14.6) == "tesla-t4");
  CHECK(slug("Tesla V100-SXM2-16GB", "7.0", 80, 15.8) == "v100-sxm2-16gb");
  CHECK(slug("NVIDIA A100-PCIE-40GB", "8.0", 108, 39.4) == "a100-pcie-40gb");
}

TEST_CASE("a board the base lacks is unknown, not the nearest one") {
  CHECK(slug("NVIDIA Whatever 9000", "6.1", 14, 7.9) == "(unknown)");
  CHECK(slug("Quadro P4000", "6.1", 28, 7.9) == "(unknown)");
  CHECK(slug("Quadro P4000", "6.1", 14, 16) == "(unknown)");
}
