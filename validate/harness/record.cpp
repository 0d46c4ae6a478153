// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/record.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <iterator>
#include <map>
#include <sstream>

#include "hwdb/input_error.h"
#include "validate/csv.h"
#include "validate/output_file.h"

namespace roofcast::harness {
namespace {

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string number(const std::optional<double>& v) { return v ? fmt::format("{:.6g}", *v) : ""; }

/// The columns in order, once, for writing and for reading.
template <class R, class F>
void columns(R& r, F f) {
  f("device", r.device), f("section", r.section), f("case", r.subject), f("numerics", r.numerics);
  f("provider", r.provider), f("load", r.load), f("step", r.step), f("count", r.count);
  f("value", r.value), f("unit", r.unit), f("noise_pct", r.noise_pct), f("runs", r.runs);
  f("launches", r.launches), f("kernel", r.kernel), f("clock_mhz", r.clock_mhz), f("power_w", r.power_w);
  f("temperature_c", r.temperature_c), f("throttle", r.throttle), f("counted_flops", r.counted_flops);
  f("counted_dram_bytes", r.counted_dram_bytes), f("counted_l2_bytes", r.counted_l2_bytes);
  f("counted_tensor", r.counted_tensor), f("state", r.state), f("date", r.date);
}

struct Write {
  std::vector<std::string>& cells;
  void operator()(const char*, const std::string& v) const { cells.push_back(csv_field(v)); }
  void operator()(const char*, const std::optional<double>& v) const { cells.push_back(number(v)); }
  void operator()(const char*, std::int64_t v) const { cells.push_back(std::to_string(v)); }
  void operator()(const char*, int v) const { cells.push_back(std::to_string(v)); }
};

struct Read {
  const CsvRow& row;
  std::size_t column = 0;
  void operator()(const char*, std::string& v) { v = row.text(column++); }
  void operator()(const char*, std::optional<double>& v) {
    v = row.empty(column) ? std::nullopt : std::optional(row.number(column));
    ++column;
  }
  void operator()(const char*, std::int64_t& v) { v = row.whole(column++, 0, std::int64_t{1} << 40); }
  void operator()(const char*, int& v) { v = static_cast<int>(row.whole(column++, 0, 2147483647)); }
};

/// The text up to the last line end: a row that a crash cut short is measured again.
std::string whole_lines(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw InputError(path + ": cannot be read");
  std::string text{std::istreambuf_iterator<char>(in), {}};
  text.resize(text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1);
  return text;
}

/// The same of a file that may not be there yet, or be a device.
std::string lines_so_far(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error) ? whole_lines(path) : "";
}

std::vector<Record> parse_records(const std::string& text, const std::string& path) {
  if (text.empty()) return {};
  CsvReader reader(std::make_unique<std::istringstream>(text), path);
  if (reader.header().names() != record_columns())
    throw InputError(path, 1, 0, "not a file of roofcast measure: its columns are others");
  std::vector<Record> records;
  while (reader.next()) {
    Record& r = records.emplace_back();
    Read read{reader.row()};
    columns(r, [&](const char* name, auto& v) { read(name, v); });
  }
  return records;
}

}  // namespace

std::string Record::key() const {
  return fmt::format("{}|{}|{}|{}|{}", section, subject, numerics, load, step);
}

const std::vector<std::string>& record_columns() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    Record r;
    columns(r, [&](const char* name, const auto&) { list.emplace_back(name); });
    return list;
  }();
  return names;
}

std::string record_header() { return fmt::format("{}\n", fmt::join(record_columns(), ",")); }

std::string record_line(const Record& record) {
  std::vector<std::string> cells;
  const Write write{cells};
  columns(record, [&](const char* name, const auto& v) { write(name, v); });
  return fmt::format("{}\n", fmt::join(cells, ","));
}

std::vector<Record> read_records(const std::string& path) { return parse_records(whole_lines(path), path); }

std::vector<Record> identity_records(const Identity& id, const std::string& device, const std::string& date) {
  std::vector<Record> rows;
  const auto add = [&](const char* what, const std::string& value, const char* unit = "") {
    if (value.empty()) return;
    Record r;
    r.device = device;
    r.section = "board";
    r.subject = what;
    r.value = value;
    r.unit = unit;
    r.state = "ok";
    r.date = date;
    rows.push_back(r);
  };
  add("name", id.name);
  add("uuid", id.uuid);
  add("compute_capability", id.compute_capability);
  add("sm_count", std::to_string(id.sm_count));
  add("memory", fmt::format("{:.0f}", in_mebibytes(id.memory)), "MiB");
  add("boost_clock", fmt::format("{:.0f}", in_megahertz(id.boost_clock)), "MHz");
  add("memory_clock", fmt::format("{:.0f}", in_megahertz(id.memory_clock)), "MHz");
  if (id.power_limit) add("power_limit", fmt::format("{:.1f}", id.power_limit->value), "W");
  add("pcie", id.pcie);
  if (id.ecc) add("ecc", *id.ecc ? "on" : "off");
  add("driver", id.driver);
  add("cuda", id.cuda);
  add("cupti", id.cupti);
  add("cublas", id.cublas);
  add("cudnn", id.cudnn);
  add("nvml", id.nvml);
  add("timing", id.timing);
  return rows;
}

RecordFile::RecordFile(std::string path, const std::vector<Record>& identity) : path_(std::move(path)) {
  const std::string text = lines_so_far(path_);
  const std::vector<Record> before = parse_records(text, path_);
  for (const Record& r : before) {
    if (!identity.empty() && r.device != identity.front().device)
      throw InputError(fmt::format("{} holds rows of {}, this is {}: give another --out", path_, r.device,
                                   identity.front().device));
    if (r.section == "board") {
      const auto now = std::find_if(identity.begin(), identity.end(),
                                    [&](const Record& i) { return i.subject == r.subject; });
      const bool decides = r.subject == "name" || r.subject == "uuid" || r.subject == "driver" ||
                           r.subject == "cublas" || r.subject == "cudnn" || r.subject == "timing";
      if (decides && now != identity.end() && now->value != r.value) {
        throw InputError(fmt::format("{} was measured with {} {}, this is {}: give another --out", path_,
                                     r.subject, r.value, now->value));
      }
    } else if (r.ok()) {
      ++resumed_;
    }
    // What failed is tried again: a driver may have been repaired.
    if (r.ok()) known_.insert(r.key());
  }
  if (std::error_code error; !text.empty() && std::filesystem::file_size(path_, error) != text.size())
    std::filesystem::resize_file(path_, text.size(), error);
  append();
  if (text.empty()) out_ << record_header();
  compact();
  for (const Record& r : identity) {
    if (!has(r.key())) add(r);
  }
}

void RecordFile::add(const Record& record) {
  out_ << record_line(record) << std::flush;
  if (!out_) throw InputError(path_ + ": cannot be written; is the disk full?");
  if (record.ok()) known_.insert(record.key());
}

void RecordFile::append() {
  out_.open(path_, std::ios::binary | std::ios::app);
  if (!out_) throw InputError(path_ + ": cannot be written");
}

void RecordFile::compact() {
  out_.close();
  const std::vector<Record> records = parse_records(lines_so_far(path_), path_);
  std::map<std::string, std::size_t> newest;
  for (std::size_t i = 0; i < records.size(); ++i) newest[records[i].key()] = i;
  if (newest.size() < records.size()) {
    OutputFile file(path_);
    file.stream() << record_header();
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (newest.at(records[i].key()) == i) file.stream() << record_line(records[i]);
    }
    file.commit();
  }
  append();
}

std::string timestamp() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))); }

}  // namespace roofcast::harness
