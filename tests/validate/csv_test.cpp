// SPDX-License-Identifier: Apache-2.0
#include "validate/csv.h"

#include <doctest/doctest.h>

#include <sstream>

#include "tests/validate/scratch.h"

using namespace roofcast;
using roofcast::test::refusal;
using roofcast::test::Scratch;

namespace {

CsvReader from(const std::string& text) {
  return CsvReader(std::make_unique<std::istringstream>(text), "t.csv");
}

/// All cells, "|" between cells and "/" after a record.
std::string cells(const std::string& text) {
  CsvReader reader = from(text);
  std::string out;
  while (reader.next()) {
    for (std::size_t i = 0; i < reader.row().size(); ++i)
      out += (i > 0 ? "|" : "") + std::string(reader.row().text(i));
    out += "/";
  }
  return out;
}

/// What reading the only cell of "x\n<cell>\n" as a number or a count is refused with.
std::string number_refusal(const std::string& cell) {
  CsvReader reader = from("x,y\n1," + cell + "\n");
  reader.next();
  return refusal([&] { reader.row().number(1); });
}
std::string count_refusal(const std::string& cell) {
  CsvReader reader = from("x,y\n1," + cell + "\n");
  reader.next();
  return refusal([&] { reader.row().count(1); });
}

/// A stream of one character without end, as /dev/zero is.
class Endless : public std::streambuf {
 public:
  explicit Endless(char c) : chunk_(4096, c) {}
  std::size_t served = 0;

 protected:
  int_type underflow() override {
    setg(chunk_.data(), chunk_.data(), chunk_.data() + chunk_.size());
    served += chunk_.size();
    return traits_type::to_int_type(chunk_.front());
  }

 private:
  std::string chunk_;
};

}  // namespace

TEST_CASE("records end at line ends, with or without a carriage return or a last line end") {
  CHECK(cells("a,b\n1,2\n3,4\n") == "1|2/3|4/");
  CHECK(cells("a,b\r\n1,2\r\n3,4\r\n") == "1|2/3|4/");
  CHECK(cells("a,b\n1,2\n3,4") == "1|2/3|4/");
  CHECK(cells("a,b\n,\n") == "|/");
}

TEST_CASE("a byte order mark is no part of the first column's name") {
  CHECK(from("\xEF\xBB\xBF"
             "a,b\n1,2\n")
            .header()
            .at("a") == 0);
}

TEST_CASE("blank lines are no records") { CHECK(cells("a,b\n\n1,2\n\r\n\n3,4\n\n") == "1|2/3|4/"); }

TEST_CASE("quotes hold commas, line ends and doubled quotes") {
  CHECK(cells("a,b\n\"1,5\",2\n") == "1,5|2/");
  CHECK(cells("a,b\n\"one\ntwo\",2\n3,4\n") == "one\ntwo|2/3|4/");
  CHECK(cells("a,b\n\"say \"\"hi\"\"\",\"\"\"\"\n") == "say \"hi\"|\"/");
  CHECK(cells("a,b\n\"\",\"\"\n") == "|/");
}

TEST_CASE("lines are counted through quoted line ends") {
  CsvReader reader = from("a,b\n\"one\ntwo\",2\n3,4\n");
  reader.next();
  CHECK(reader.row().line() == 2);
  reader.next();
  CHECK(reader.row().line() == 4);
}

TEST_CASE("a cell is refused with file, line, column, name and reason") {
  CsvReader reader = from("a,b\n\"one\ntwo\",abc\n");
  reader.next();
  CHECK(refusal([&] { reader.row().number(1); }) == "t.csv:3:6: b: 'abc' is not a number");
  CHECK(refusal([&] { reader.row().number(0); }) == "t.csv:2:1: a: 'one?two' is not a number");
}

TEST_CASE("numbers are finite and nothing but a number") {
  CHECK(number_refusal("0.25") == "(nothing thrown)");
  CHECK(number_refusal(" 1e3 ") == "(nothing thrown)");
  CHECK(number_refusal("1.5x") == "t.csv:2:3: y: '1.5x' is not a number");
  CHECK(number_refusal("") == "t.csv:2:3: y: is empty, where a number is needed");
  CHECK(number_refusal("nan") == "t.csv:2:3: y: 'nan' is not a finite number");
  CHECK(number_refusal("-inf") == "t.csv:2:3: y: '-inf' is not a finite number");
  CHECK(number_refusal("1e999") == "t.csv:2:3: y: '1e999' is out of range");
}

TEST_CASE("a time is above 0") {
  CsvReader reader = from("ms\n0\n-1\n");
  reader.next();
  CHECK(refusal([&] { reader.row().positive(0); }) == "t.csv:2:1: ms: '0' is not above 0");
  reader.next();
  CHECK(refusal([&] { reader.row().positive(0); }) == "t.csv:3:1: ms: '-1' is not above 0");
}

TEST_CASE("a count is a whole number from 1 to 2^31 - 1") {
  CHECK(count_refusal("16") == "(nothing thrown)");
  CHECK(count_refusal("16.0") == "(nothing thrown)");  // as tables exported from floating point have it
  CHECK(count_refusal(".0") == "t.csv:2:3: y: '.0' is not a whole number");
  CHECK(count_refusal("16.5") == "t.csv:2:3: y: '16.5' is not a whole number");
  CHECK(count_refusal("0") == "t.csv:2:3: y: '0' is outside 1 to 2147483647");
  CHECK(count_refusal("1000000000000") == "t.csv:2:3: y: '1000000000000' is outside 1 to 2147483647");
  CHECK(count_refusal("99999999999999999999") ==
        "t.csv:2:3: y: '99999999999999999999' is outside 1 to 2147483647");
  CHECK(count_refusal("") == "t.csv:2:3: y: is empty, where a whole number is needed");
}

TEST_CASE("malformed files are refused with their line") {
  CHECK(refusal([] { from(""); }) ==
        "t.csv: is empty: a header line with the names of the columns is needed");
  CHECK(refusal([] { from("\n\r\n"); }) ==
        "t.csv: is empty: a header line with the names of the columns is needed");
  CHECK(refusal([] { from("a,b,a\n"); }) == "t.csv:1:5: column 'a' is named twice");
  CHECK(refusal([] { from("a,b\n").header().at("c"); }) == "t.csv:1: no column 'c'");
  CHECK(refusal([] { cells("a,b\n1,2\n3\n"); }) == "t.csv:3: has 1 cells, the header 2");
  CHECK(refusal([] { cells("a,b\n1,2,3\n"); }) == "t.csv:2: has 3 cells, the header 2");
  CHECK(refusal([] { cells("a,b\n1,2\n\"3,4\n"); }) ==
        "t.csv:3: a quote is not closed before the end of the file");
  CHECK(refusal([] { cells("a,b\n\"1\"x,2\n"); }) == "t.csv:2:4: text after a closing quote");
  CHECK(refusal([] { cells("a,b\n1,x\"2\"\n"); }) ==
        "t.csv:2:4: a quote inside a cell that does not start with one");
  CHECK(refusal([] { cells(std::string("a,b\n1,\0\n", 8)); }) ==
        "t.csv:2: a NUL byte: this is not a text file");
  CHECK(refusal([] { cells("a,b\n1,2\n\x1B[2J,2\n"); }) == "t.csv:3: a control character (0x1B)");
}

TEST_CASE("a line without end is refused after a mebibyte, not after the memory is full") {
  Endless digits('7');
  auto in = std::make_unique<std::istream>(&digits);
  CHECK(refusal([&] { CsvReader(std::move(in), "t.csv"); }) == "t.csv:1: a line of more than 1 MiB");
  CHECK(digits.served < (std::size_t{2} << 20));

  Endless zeros('\0');
  auto nothing = std::make_unique<std::istream>(&zeros);
  CHECK(refusal([&] { CsvReader(std::move(nothing), "t.csv"); }) ==
        "t.csv:1: a NUL byte: this is not a text file");

  const std::string open_quote = "a,b\n1,\"" + std::string(std::size_t{2} << 20, 'x') + "\n";
  CHECK(refusal([&] { cells(open_quote); }) == "t.csv:2: a quote is not closed within 1 MiB");
}

TEST_CASE("a record may span the reader's chunks") {
  const std::string wide(100000, 'x');
  std::string text = "a,b\n";
  for (int i = 0; i < 5; ++i) text += wide + ",\"" + wide + "\"\n";
  CsvReader reader = from(text);
  int rows = 0;
  for (; reader.next(); ++rows) {
    CHECK(reader.row().text(0) == wide);
    CHECK(reader.row().text(1) == wide);
  }
  CHECK(rows == 5);
}

TEST_CASE("what cannot be opened says so") {
  const Scratch scratch;
  CHECK(refusal([&] { CsvReader(std::filesystem::path(scratch.path("no.csv"))); }) ==
        scratch.path("no.csv") + ": no such file");
  CHECK(refusal([&] { CsvReader(std::filesystem::path(scratch.folder())); }) ==
        scratch.folder() + ": is a folder, not a file");
  if (std::filesystem::exists("/dev/zero")) {
    CHECK(refusal([] { CsvReader(std::filesystem::path("/dev/zero")); }) ==
          "/dev/zero:1: a NUL byte: this is not a text file");
  }
}
