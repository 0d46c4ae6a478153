// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/record.h"

#include <doctest/doctest.h>

#include "tests/validate/scratch.h"

using namespace roofcast;
using namespace roofcast::harness;
using roofcast::test::read_file;
using roofcast::test::refusal;
using roofcast::test::Scratch;

namespace {

Record row(const std::string& subject) {
  Record r;
  r.device = "quadro-p4000";
  r.section = "gemm";
  r.subject = subject;
  r.numerics = "fp32/fp32/fp32/cuda_core";
  r.load = "burst";
  r.value = "1.25";
  r.unit = "ms";
  r.noise_pct = 0.31;
  r.runs = 12;
  r.launches = 2;
  r.kernel = "void \"quoted\", <templated>(float*)";
  r.clock_mhz = 1480;
  r.state = "ok";
  r.date = "2026-11-25T14:03:11Z";
  return r;
}

std::vector<Record> identity(const std::string& driver) {
  Identity id;
  id.name = "Quadro P4000";
  id.driver = driver;
  return identity_records(id, "quadro-p4000", "2026-11-25T14:00:00Z");
}

}  // namespace

TEST_CASE("rows read back as they were written") {
  const Scratch scratch;
  const std::string path = scratch.path("board.csv");
  {
    RecordFile file(path, identity("580.65"));
    file.add(row("gemm:m=1,n=2,k=3"));
  }
  const std::vector<Record> rows = read_records(path);
  const Record& r = rows.back();
  CHECK(record_line(r) == record_line(row("gemm:m=1,n=2,k=3")));
  CHECK(r.noise_pct.value() == doctest::Approx(0.31));
  CHECK_FALSE(r.power_w);
  CHECK(rows.front().section == "board");
}

TEST_CASE("a second run goes on: what is there is not measured again, what failed is") {
  const Scratch scratch;
  const std::string path = scratch.path("board.csv");
  Record failed = row("gemm:m=9");
  failed.state = "failed: out of memory";
  {
    RecordFile file(path, identity("580.65"));
    file.add(row("gemm:m=1"));
    file.add(failed);
  }
  RecordFile again(path, identity("580.65"));
  CHECK(again.resumed() == 1);
  CHECK(again.has(row("gemm:m=1").key()));
  CHECK_FALSE(again.has(failed.key()));
  again.add(row("gemm:m=2"));
  CHECK(read_records(path).size() == identity("580.65").size() + 3);
}

TEST_CASE("a row cut short by a crash is dropped and the file goes on after it") {
  const Scratch scratch;
  const std::string path = scratch.path("board.csv");
  {
    RecordFile file(path, identity("580.65"));
    file.add(row("gemm:m=1"));
  }
  const std::string whole = read_file(path);
  scratch.write("board.csv", whole + "quadro-p4000,gemm,\"gemm:m=2");
  {
    RecordFile file(path, identity("580.65"));
    CHECK(file.resumed() == 1);
    file.add(row("gemm:m=3"));
  }
  CHECK(read_file(path) == whole + record_line(row("gemm:m=3")));
}

TEST_CASE("a case measured twice keeps both rows until the file is compacted or opened again") {
  const Scratch scratch;
  const std::string path = scratch.path("board.csv");
  const std::size_t properties = identity("580.65").size();
  Record failed = row("gemm:m=9");
  failed.state = "failed: out of memory";
  {
    RecordFile file(path, identity("580.65"));
    file.add(failed);
    file.add(row("gemm:m=1"));
    file.add(row("gemm:m=9"));
    CHECK(read_records(path).size() == properties + 3);  // a crash here loses nothing
  }
  RecordFile file(path, identity("580.65"));
  const std::vector<Record> rows = read_records(path);
  REQUIRE(rows.size() == properties + 2);
  CHECK(record_line(rows[properties]) == record_line(row("gemm:m=1")));
  CHECK(record_line(rows[properties + 1]) == record_line(row("gemm:m=9")));
  file.add(row("gemm:m=1"));
  file.compact();
  file.add(row("gemm:m=2"));  // rows go on into the new file
  CHECK(read_records(path).size() == properties + 3);
  CHECK(read_records(path).back().subject == "gemm:m=2");
}

TEST_CASE("a file of another board, driver or program is refused and left as it is") {
  const Scratch scratch;
  const std::string path = scratch.path("board.csv");
  { RecordFile file(path, identity("580.65")); }
  const std::string before = read_file(path);
  CHECK(refusal([&] { RecordFile file(path, identity("535.1")); }) ==
        path + " was measured with driver 580.65, this is 535.1: give another --out");
  std::vector<Record> t4 = identity("580.65");
  for (Record& r : t4) r.device = "tesla-t4";
  CHECK(refusal([&] { RecordFile file(path, t4); }) ==
        path + " holds rows of quadro-p4000, this is tesla-t4: give another --out");
  CHECK(read_file(path) == before);
  const std::string other = scratch.write("x.csv", "a,b\n1,2\n");
  CHECK(refusal([&] { RecordFile file(other, identity("580.65")); }) ==
        other + ":1: not a file of roofcast measure: its columns are others");
}
