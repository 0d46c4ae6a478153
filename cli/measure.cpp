// roofcast measure: run real kernels on the GPU of this machine and write down how long they take.
// SPDX-License-Identifier: Apache-2.0
#include "cli/measure.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <ostream>

#include "cli/format.h"
#include "cli/measure_plan.h"
#include "cli/progress_bar.h"
#include "validate/harness/identify.h"

namespace roofcast::cli {
namespace {

constexpr std::string_view kUsage = "roofcast measure [--suite quick|full] [--out board.csv] [OPTIONS]";
constexpr std::string_view kExamples =
    "  roofcast measure --suite quick\n"
    "  roofcast measure --out p4000.csv          again with the same --out: goes on where it stopped\n"
    "  roofcast measure --dry-run --gpu p4000    what would run on a board, and how long it takes\n"
    "  roofcast calibrate --from p4000.csv\n"
    "\nExit status 3: there is no NVIDIA GPU or driver here. docs/validate.md describes the file.\n";

std::atomic<bool> interrupt_asked{false};

/// While it lives, Ctrl-C asks to stop; a second one ends the program as usual.
class InterruptGuard {
 public:
  InterruptGuard() {
    interrupt_asked = false;
    previous_ = std::signal(SIGINT, [](int) {
      interrupt_asked = true;
      std::signal(SIGINT, SIG_DFL);
    });
  }
  ~InterruptGuard() { std::signal(SIGINT, previous_); }
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

 private:
  void (*previous_)(int);
};

std::size_t terminal_width() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 40 ? size.ws_col - 1u : 79u;
}

int dry_run(const po::variables_map& values, Streams& streams, const BenchOpener& open) {
  const Format format = output_format(values);
  if (format == Format::json) throw InputError("--format json: --dry-run prints a table, markdown or csv");
  const Hwdb base = open_hwdb(values);
  std::optional<Gpu> gpu;
  if (const auto asked = given(values, "gpu")) {
    gpu = base.resolve(*asked).gpu;
  } else if (const auto bench = open()) {
    gpu = measured_board(base, (*bench)->identity(), values);
  } else {
    streams.err << "no GPU here: planned for a Quadro P4000; --gpu NAME plans for another\n";
    gpu = base.resolve("quadro-p4000").gpu;
  }
  const harness::Plan plan = harness::plan(suite_of(values), *gpu, embedded_calibration());
  streams.out << plan_list(plan, format);
  streams.err << plan_summary(plan, gpu->slug);
  return kDone;
}

}  // namespace

void add_measure_options(po::options_description& options) {
  options.add_options()("suite", po::value<std::string>()->value_name("SUITE")->default_value("full"),
                        "quick (about a minute) or full (at most 8 minutes)")(
      "out", po::value<std::string>()->value_name("FILE")->default_value("board.csv"),
      "where rows go; rows that are there are not measured again")(
      "gpu", po::value<std::string>()->value_name("BOARD"),
      "which board of the base this GPU is, where its name does not tell")(
      "counters", po::bool_switch(),
      "also count operations and bytes per kernel, where the driver permits it");
}

harness::Suite suite_of(const po::variables_map& values) {
  return *given_word<harness::Suite>(values, "suite",
                                     {{"quick", harness::Suite::quick}, {"full", harness::Suite::full}});
}

Gpu measured_board(const Hwdb& base, const harness::Identity& identity, const po::variables_map& values) {
  if (const auto asked = given(values, "gpu")) return base.resolve(*asked).gpu;
  if (auto gpu = harness::identify(base.gpus(), identity)) return *gpu;
  throw InputError(
      fmt::format("{} (compute capability {}, {} SMs, {}) is not in the base: say which board it is with "
                  "--gpu, or describe it in a .toml file and pass that",
                  identity.name, identity.compute_capability, identity.sm_count, text(identity.memory)));
}

MeasureRun measure_into(harness::Bench& bench, const po::variables_map& values, const std::string& path,
                        std::ostream& err) {
  const harness::Identity& id = bench.identity();
  MeasureRun run{measured_board(open_hwdb(values), id, values), {}};
  harness::RecordFile file(path, identity_records(id, run.gpu.slug, harness::timestamp()));
  const harness::Plan plan = harness::plan(suite_of(values), run.gpu, embedded_calibration());
  err << fmt::format("{} ({}), driver {}, {}\n", id.name, run.gpu.slug, id.driver, id.timing);
  err << fmt::format("{} cases, about {}{}; Ctrl-C keeps what is done\n", plan.cases.size(),
                     minutes(plan.expected()),
                     file.resumed() > 0 ? fmt::format(", {} rows are there already", file.resumed()) : "");
  ProgressBar bar(err, ::isatty(STDERR_FILENO) != 0, terminal_width());
  const InterruptGuard guard;
  harness::SessionHooks hooks;
  hooks.counters = values["counters"].as<bool>();
  hooks.interrupted = [] { return interrupt_asked.load(); };
  hooks.progress = [&](const harness::Progress& p) {
    bar.show(p.done, p.total, p.left, p.next == nullptr ? "done" : p.next->text());
  };
  run.summary = run_session(bench, plan, run.gpu.slug, file, hooks);
  bar.finish();
  if (!run.summary.counters.empty()) err << "no counters: " << run.summary.counters << "\n";
  return run;
}

int needs_gpu(std::ostream& err, std::string_view command, const std::string& reason) {
  err << "roofcast " << command << ": no GPU to measure: " << reason << "\n";
  return kNeedsGpu;
}

int measure(const std::vector<std::string>& arguments, Streams& streams, const BenchOpener& open) {
  po::options_description options = common_options();
  add_measure_options(options);
  options.add_options()("dry-run", po::bool_switch(), "print what would be measured, and measure nothing");
  const auto values = parse(arguments, options, "", kUsage, kExamples, streams.out);
  if (!values) return kDone;
  suite_of(*values);
  if ((*values)["dry-run"].as<bool>()) return dry_run(*values, streams, open);
  if (output_format(*values) != Format::table)
    throw InputError("--format: measure writes CSV to --out; only --dry-run prints");
  auto bench = open();
  if (!bench) return needs_gpu(streams.err, "measure", bench.error());
  const std::string path = (*values)["out"].as<std::string>();
  const harness::SessionSummary s = measure_into(**bench, *values, path, streams.err).summary;
  streams.out << fmt::format("{}: {} measured, {} there before, {} could not be, {} noisy\n", path,
                             s.measured, s.resumed, s.failed, s.noisy);
  if (s.interrupted) streams.err << "stopped early; the same command goes on from here\n";
  return kDone;
}

int run_measure(const std::vector<std::string>& arguments, Streams& streams) {
  return measure(arguments, streams, harness::open_bench);
}

}  // namespace roofcast::cli
