// The page of one board.
// SPDX-License-Identifier: Apache-2.0
#include "cli/datasheet.h"

#include <fmt/format.h>

#include "cli/format.h"
#include "cli/gpu_json.h"
#include "cli/gpu_summary.h"
#include "cli/rows.h"
#include "model/gpu/throughput.h"

namespace roofcast::cli {
namespace {

template <class T, class Show>
std::string known(const std::optional<T>& value, Show show) {
  return value ? show(*value) : "-";
}

std::string types(const Rate& rate) {
  return fmt::format("{} → {}", name(rate.input), name(rate.accumulate));
}
std::string_view short_name(Path path) { return path == Path::cuda_core ? "CUDA cores" : "tensor cores"; }

std::string silicon(const Gpu& gpu) {
  std::string text = fmt::format("{}, {} {} nm", gpu.chip, gpu.foundry, plain(gpu.process_nm));
  if (gpu.die_mm2) text += fmt::format(", {} mm²", plain(*gpu.die_mm2));
  if (gpu.transistors_billion)
    text += fmt::format(", {} billion transistors", plain(*gpu.transistors_billion));
  return text;
}

std::string tensor_cores(const Gpu& gpu) {
  if (gpu.tensor_cores_per_sm == 0) return "none";
  return fmt::format("{} ({} per SM, generation {})", gpu.sm_count * gpu.tensor_cores_per_sm,
                     gpu.tensor_cores_per_sm, gpu.tensor_core_generation.value_or(0));
}

std::string nvlink(const Gpu& gpu) {
  if (!gpu.nvlink) return "-";
  return gpu.nvlink->value == 0
             ? "none"
             : fmt::format("{} GB/s, all links", plain(in_gigabytes_per_second(*gpu.nvlink)));
}

std::string section(const std::string& title, Format format) {
  return format == Format::markdown ? "\n## " + title + "\n\n" : "\n" + title + "\n";
}

/// "topic: words" wrapped, with a hanging indent.
std::string item(const std::string& topic, const std::string& words, Format format) {
  const std::string text = topic.empty() ? words : topic + ": " + words;
  return format == Format::markdown ? "- " + text + "\n" : "  " + wrapped(text, kWidth, 4, 2) + "\n";
}

std::string missing(const Gpu& gpu) {
  std::string text;
  for (const Rate& rate : gpu.rates) {
    if (rate.ops_per_clock_per_sm > 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", rate.path == Path::cuda_core ? "CUDA" : "tensor",
                        types(rate));
    if (!rate.note.empty()) text += " (" + rate.note + ")";
  }
  return text;
}

}  // namespace

Table datasheet(const Gpu& gpu) {
  const auto megahertz_text = [](Hertz clock) { return plain(in_megahertz(clock)) + " MHz"; };
  Table table{{{"figure", false}, {"value", false}}, {}};
  table.rows = {
      {"architecture",
       fmt::format("{} {}, compute capability {}", gpu.vendor, gpu.architecture, gpu.compute_capability)},
      {"chip", silicon(gpu)},
      {"year", std::to_string(gpu.year)},
      {"CUDA cores", fmt::format("{} ({} SMs × {})", gpu.cuda_cores(), gpu.sm_count, gpu.fp32_lanes_per_sm)},
      {"tensor cores", tensor_cores(gpu)},
      {"base clock", known(gpu.base_clock, megahertz_text)},
      {"boost clock",
       megahertz_text(gpu.boost_clock) + (gpu.opportunistic_boost ? ", passed where power allows" : "")},
      {"application clock", known(gpu.application_clock, megahertz_text)},
      {"tensor peak clock", known(gpu.tensor_peak_clock, megahertz_text)},
      {"memory", fmt::format("{} GiB {}{}", plain(in_gibibytes(gpu.memory)), gpu.memory_type,
                             gpu.integrated() ? ", shared with the CPU" : "")},
      {"bandwidth",
       fmt::format("{} GB/s over {} bits{}", plain(in_gigabytes_per_second(gpu.memory_bandwidth)),
                   gpu.memory_bus_bits, gpu.inline_ecc ? "; ECC takes its share of it" : "")},
      {"L2 cache", plain(in_mebibytes(gpu.l2)) + " MiB"},
      {"L2 bandwidth",
       known(gpu.l2_per_sm_clock, [](Bytes b) { return plain(b.value) + " bytes per clock and SM"; })},
      {"per SM", fmt::format("{} KiB shared memory, {} KiB registers, {} threads, {} blocks",
                             plain(in_kibibytes(gpu.shared_memory_per_sm)),
                             plain(in_kibibytes(gpu.registers_per_sm)), gpu.max_threads_per_sm,
                             known(gpu.max_blocks_per_sm, [](int n) { return std::to_string(n); }))},
      {"host link", gpu.integrated() ? gpu.pcie : "PCIe " + gpu.pcie},
      {"NVLink", nvlink(gpu)},
      {"TDP", plain(gpu.tdp.value) + " W"},
      {"launch price", known(gpu.launch_price, [](Dollars price) { return "$" + plain(price.value); })},
  };
  return table;
}

Table peak_table(const Gpu& gpu) {
  Table table{{{"path", false}, {"types", false}, {"dense peak", false}, {"sparse"}, {"ridge"}}, {}};
  for (const Rate& rate : gpu.rates) {
    const auto dense = peak(gpu, rate.path, rate.input, rate.accumulate);
    if (!dense) continue;
    const auto sparse = peak(gpu, rate.path, rate.input, rate.accumulate, Sparsity::structured_2_4);
    table.rows.push_back({std::string(short_name(rate.path)), types(rate), dense->derivation(gpu),
                          sparse ? peak_text(in_teraflops(sparse->value())) : "-",
                          significant(ridge_point(gpu, *dense).value)});
  }
  return table;
}

std::string datasheet_page(const Gpu& gpu, const std::vector<KeptClock>& clocks, Format format) {
  const std::string slug =
      fmt::format(" ({})", gpu.slug);  // a board without a name of its own carries it already
  std::string out = fmt::format("{}{}{}\n\n", format == Format::markdown ? "# " : "", gpu.name,
                                gpu.name.ends_with(slug) ? "" : slug);
  out += render(datasheet(gpu), format);
  out += section("Peaks", format) + render(peak_table(gpu), format);
  out += (format == Format::markdown ? "\n" : "") +
         wrapped(
             "Sparse: tera-operations/s with 2:4 structured sparsity. Ridge: FLOP per byte of DRAM traffic "
             "above which "
             "arithmetic, not bandwidth, is the lower roof.",
             kWidth, 0) +
         "\n";
  if (const std::string none = missing(gpu); !none.empty())
    out += wrapped("Not there: " + none, kWidth, 2) + "\n";
  out += section("Sustained clock", format);
  for (const KeptClock& kept : clocks) {
    out +=
        item(kept.work, fmt::format("{} at {}, {}", text(kept.clock), text(kept.power), kept.reason), format);
  }
  if (!gpu.notes.empty()) out += section("Notes", format);
  for (const Note& note : gpu.notes) out += item(note.topic, note.text, format);
  std::string rates;
  for (const Rate& rate : gpu.rates) {
    if (rate.ops_per_clock_per_sm > 0 && !rate.note.empty()) {
      rates += item(fmt::format("{} {}", rate.path == Path::cuda_core ? "CUDA" : "tensor", types(rate)),
                    rate.note, format);
    }
  }
  if (!rates.empty()) out += section("Rates", format) + rates;
  out += section("Sources", format);
  for (const std::string& source : gpu.sources) out += item("", source, format);
  return out;
}

Table datasheet_rows(const Gpu& gpu, const std::vector<KeptClock>& clocks) {
  Table table{{{"section", false}, {"figure", false}, {"value", false}, {"unit", false}, {"remark", false}},
              {}};
  for (const auto& row : datasheet(gpu).rows)
    table.rows.push_back({"datasheet", row[0], row[1] == "-" ? "" : row[1], "", ""});
  for (const Rate& rate : gpu.rates) {
    const std::string unit = is_integer(rate.input) ? "TOP/s" : "TFLOP/s";
    const std::string figure =
        fmt::format("{} {} -> {}", name(rate.path), name(rate.input), name(rate.accumulate));
    const auto dense = peak(gpu, rate.path, rate.input, rate.accumulate);
    if (!dense) {
      table.rows.push_back({"peak", figure, "0", unit, rate.note});
      continue;
    }
    table.rows.push_back({"peak", figure, plain(in_teraflops(dense->value())), unit, dense->derivation(gpu)});
    table.rows.push_back({"ridge", figure, plain(ridge_point(gpu, *dense).value), "FLOP/byte", ""});
    if (const auto sparse = peak(gpu, rate.path, rate.input, rate.accumulate, Sparsity::structured_2_4)) {
      table.rows.push_back(
          {"sparse peak", figure, plain(in_teraflops(sparse->value())), unit, sparse->derivation(gpu)});
    }
  }
  for (const KeptClock& kept : clocks) {
    table.rows.push_back({"sustained clock", kept.work, plain(in_megahertz(kept.clock)), "MHz", kept.reason});
  }
  for (const Note& note : gpu.notes) table.rows.push_back({"note", note.topic, note.text, "", ""});
  for (const std::string& source : gpu.sources) table.rows.push_back({"source", "", source, "", ""});
  return table;
}

}  // namespace roofcast::cli
