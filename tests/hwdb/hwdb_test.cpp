// The embedded base as a whole, folders laid over it, and how names resolve.
// SPDX-License-Identifier: Apache-2.0
#include "hwdb/hwdb.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>

#include "hwdb/embedded.h"
#include "model/gpu/throughput.h"

using namespace roofcast;
using doctest::Approx;

namespace {

const Hwdb& base() {
  static const Hwdb hwdb = Hwdb::embedded();
  return hwdb;
}

std::string refusal(std::string_view name) {
  try {
    base().resolve(name);
  } catch (const InputError& error) {
    return error.what();
  }
  return "resolved";
}

/// A folder that goes away with the test.
struct Folder {
  std::filesystem::path path;
  Folder() : path(std::filesystem::temp_directory_path() / ("roofcast-hwdb-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path / "gpus");
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path / name, std::ios::binary) << text;
    return (path / name).string();
  }
};

}  // namespace

TEST_CASE("the embedded base holds at least 107 boards whose figures and peaks are finite and positive") {
  CHECK(base().gpus().size() >= 107);
  std::set<std::string> slugs;
  for (const Gpu& gpu : base().gpus()) {
    CAPTURE(gpu.slug);
    CHECK(slugs.insert(gpu.slug).second);
    CHECK_FALSE(gpu.sources.empty());
    for (const double figure :
         {gpu.memory.value, gpu.memory_bandwidth.value, gpu.l2.value, gpu.tdp.value, gpu.boost_clock.value,
          gpu.shared_memory_per_sm.value, gpu.registers_per_sm.value, gpu.process_nm, double(gpu.sm_count),
          double(gpu.max_threads_per_sm)}) {
      CHECK(std::isfinite(figure));
      CHECK(figure > 0);
    }
    for (const Rate& rate : gpu.rates) {
      CHECK_FALSE(rate.source.empty());
      const auto found = peak(gpu, rate.path, rate.input, rate.accumulate);
      CHECK(found.has_value() == (rate.ops_per_clock_per_sm > 0));
      if (found) CHECK(std::isfinite(found->value().value));
    }
  }
}

TEST_CASE("no alias hides a board, and every one leads to a board") {
  for (const Alias& alias : base().aliases()) {
    CAPTURE(alias.name);
    CHECK(base().find(alias.name) == nullptr);
    CHECK(base().find(alias.slug) != nullptr);
    CHECK(std::find(alias.others.begin(), alias.others.end(), alias.slug) == alias.others.end());
  }
}

TEST_CASE("the texts of the base are embedded under their names") {
  CHECK(embedded_file("gpus/pascal.toml").find("quadro-p4000") != std::string_view::npos);
  CHECK(embedded_file("no-such.toml").empty());
}

TEST_CASE("an exact slug and an alias with one meaning resolve without a remark") {
  CHECK(base().resolve("quadro-p4000").remark.empty());
  CHECK(base().resolve("p4000").gpu.slug == "quadro-p4000");
  CHECK(base().resolve("p4000").remark.empty());
}

TEST_CASE("an alias that stands for several boards says which it took and what else there is") {
  const Resolution a100 = base().resolve("a100");
  CHECK(a100.gpu.slug == "a100-sxm4-40gb");
  CHECK(a100.remark ==
        "a100 stands for A100 SXM4 40GB (a100-sxm4-40gb); it could also mean a100-sxm4-80gb, a100-pcie-40gb, "
        "a100-pcie-80gb");
  CHECK(base().resolve("rtx-4060-ti").remark ==
        "rtx-4060-ti stands for GeForce RTX 4060 Ti 16GB (rtx-4060-ti-16gb); it could also mean "
        "rtx-4060-ti-8gb");
}

TEST_CASE("case, blanks, punctuation and the maker's name do not matter") {
  CHECK(base().resolve("Quadro P4000").gpu.slug == "quadro-p4000");
  CHECK(base().resolve("RTX 3060").gpu.slug == "rtx-3060-12gb");
  CHECK(base().resolve("rtx3060").gpu.slug == "rtx-3060-12gb");
  CHECK(base().resolve("NVIDIA GeForce RTX 3060").gpu.slug == "rtx-3060-12gb");
  CHECK(base().resolve("NVIDIA A100-SXM4-80GB").gpu.slug == "a100-sxm4-80gb");
  CHECK(base().resolve("Tesla V100-SXM2-16GB").gpu.slug == "v100-sxm2-16gb");
  CHECK(base().resolve("AMD Instinct MI300X").gpu.slug == "mi300x");
}

TEST_CASE("spellings that differ only in what does not matter never mean two boards") {
  for (const Gpu& gpu : base().gpus()) {
    CAPTURE(gpu.slug);
    CHECK(base().resolve(gpu.slug).gpu.slug == gpu.slug);
    CHECK(base().resolve(gpu.name).gpu.slug == gpu.slug);
  }
}

TEST_CASE("an unknown name suggests the nearest") {
  CHECK(refusal("rtx-3061") == "unknown GPU 'rtx-3061': did you mean rtx-3060, rtx-3070 or rtx-3090?");
  CHECK(refusal("P40000") == "unknown GPU 'P40000': did you mean p4000, p2000 or p5000?");
  CHECK(refusal("zzzzzzzzz") == "unknown GPU 'zzzzzzzzz'; `roofcast gpus` lists those known");
  CHECK(refusal("") == "unknown GPU ''; `roofcast gpus` lists those known");
  CHECK(refusal("a\x1b[31m").find('\x1b') == std::string::npos);
  CHECK(refusal(std::string(100000, 'x')).size() < 200);
}

TEST_CASE("the path of a file is a board of its own") {
  const Folder folder;
  const std::string file = folder.write("mine.toml", "slug = \"mine\"\ninherit = \"l4\"\ntdp_w = 60\n");
  const Resolution mine = base().resolve(file);
  CHECK(mine.gpu.slug == "mine");
  CHECK(mine.gpu.tdp == Watts(60));
  CHECK(mine.remark.empty());
  const std::string two = folder.write(
      "two.toml", "[[gpu]]\nslug = \"a\"\ninherit = \"l4\"\n[[gpu]]\nslug = \"b\"\ninherit = \"l4\"\n");
  CHECK(refusal(two) == two + ": defines 2 boards, one is needed; --hwdb FOLDER adds several");
  CHECK(refusal((folder.path / "none.toml").string()) ==
        (folder.path / "none.toml").string() + ": no such file");
}

TEST_CASE("a folder and its gpus are laid over the base, a calibration in it is left alone") {
  const Folder folder;
  folder.write("calibration.toml", "not = \"a board\"\n");
  folder.write("one.toml", "slug = \"one\"\ninherit = \"two\"\ntdp_w = 50\n");
  folder.write("gpus/two.toml", "slug = \"two\"\ninherit = \"l4\"\nmemory_gib = 12\n");
  folder.write("aliases.toml", "[aliases]\nuno = { slug = \"one\", also = [\"two\"] }\n");
  Hwdb hwdb = base();
  hwdb.overlay(folder.path);
  CHECK(hwdb.gpus().size() == base().gpus().size() + 2);
  CHECK(hwdb.resolve("uno").gpu.tdp == Watts(50));
  CHECK(in_gibibytes(hwdb.find("one")->memory) == Approx(12));
}

TEST_CASE("a folder that is none, holds nothing or holds a bad file is refused") {
  const Folder folder;
  Hwdb hwdb = base();
  const auto said = [&](const std::filesystem::path& path) -> std::string {
    try {
      hwdb.overlay(path);
    } catch (const InputError& error) {
      return error.what();
    }
    return "accepted";
  };
  CHECK(said(folder.path / "none") == (folder.path / "none").string() + ": no such folder");
  CHECK(said(folder.path) == folder.path.string() + ": holds no .toml file");
  const std::string file = folder.write("bad.toml", "slug = \"x\"\ninherit = \"l4\"\ntdp_w = -1\n");
  CHECK(said(folder.path) == file + ":3:9: gpu x: tdp_w = -1: must be positive");
  CHECK(said(file) == file + ": is not a folder");
  folder.write("bad.toml", std::string("slug = \"x\"\0", 11));
  CHECK(said(folder.path) == file + ": is a binary file, not a text");
  CHECK(hwdb.gpus().size() == base().gpus().size());
}
