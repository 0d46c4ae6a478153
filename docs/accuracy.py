#!/usr/bin/python3
"""Measures the model against the reference and writes docs/accuracy.md, its plots, the README's table and
hwdb/accuracy.csv.

    docs/accuracy.py ../shared/reference            write them (needs Debian's python3-matplotlib)
    docs/accuracy.py ../shared/reference --compare  write nothing, print what moved against hwdb/accuracy.csv

Every figure comes from one run of `roofcast score --leave-one-out`; nothing is typed in. Tables replace what stands
between "<!-- NAME -->" and "<!-- /NAME -->"; the prose around them is kept.
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import collections
import csv
import json
import math
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "hwdb" / "accuracy.csv"
PLOTS = ROOT / "docs" / "accuracy"
# Best published mean absolute error on the same rows or the like, in percent. Source: Lee et al., "Forecasting GPU
# Performance for Deep Learning Training and Inference" (ASPLOS 2025), for its own operators and models.
PUBLISHED = {
    "neusight end to end, inference": "9.9",
    "neusight end to end, training": "8.9",
    "neusight gemm": "13.8-20",
    "neusight pointwise": "7.8",
    "neusight softmax, layer norm": "18-23",
}
BASELINES = {
    "plain_roofline": "Roofline, datasheet peaks",
    "roofline": "Roofline (NeuSight's)",
    "habitat": "Habitat",
    "li": "Li et al.",
    "neusight": "NeuSight",
}


def score(reference):
    """Runs the program once; returns the rows that were predicted and the score as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        rows_file = pathlib.Path(folder) / "rows.csv"
        command = [str(ROOT / "run"), "score", "--leave-one-out", str(reference), "--bars", "--json", "--rows",
                   str(rows_file)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode not in (0, 1):  # 1: a bar is missed
            sys.exit(f"{' '.join(command)}: exit status {done.returncode}")
        with open(rows_file, newline="") as stream:
            rows = [Row(r, reference) for r in csv.DictReader(stream) if r["predicted_ms"] and r["measured_ms"]]
        return rows, json.loads(done.stdout)


class Row:
    """One measured and predicted time."""

    def __init__(self, record, reference):
        path = pathlib.Path(record["file"])
        try:
            path = path.resolve().relative_to(pathlib.Path(reference).resolve())
        except ValueError:
            pass
        self.file = str(path.with_suffix(""))
        self.line = int(record["line"])
        self.device, self.chip, self.kind = record["device"], record["chip"], record["kind"]
        self.bound = record["bound"]
        self.measured, self.predicted = float(record["measured_ms"]), float(record["predicted_ms"])
        self.low = float(record["low_ms"]) if record["low_ms"] else None
        self.high = float(record["high_ms"]) if record["high_ms"] else None

    @property
    def error(self):
        return 100 * (self.predicted / self.measured - 1)


def figures(rows):
    errors = [r.error for r in rows]
    absolute = [abs(e) for e in errors]
    held = [r.low <= r.measured <= r.high for r in rows if r.low is not None]
    return {
        "rows": len(rows),
        "mean_abs_pct": statistics.fmean(absolute),
        "median_abs_pct": statistics.median(absolute),
        "bias_pct": statistics.fmean(errors),
        "held_pct": 100 * statistics.fmean(held) if held else None,
    }


def grouped(rows, key):
    groups = collections.defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return dict(sorted(groups.items()))


def accuracy_table(rows, scored):
    """The table kept as data: one line per bar, file, chip of a file, and interval."""
    table = {}
    for bar in scored["bars"]:
        table[("bar", bar["name"])] = {"mean_abs_pct": bar["mean_abs_pct"]}
    for file, members in grouped(rows, lambda r: r.file).items():
        table[("file", file)] = figures(members)
        for chip, of_chip in grouped(members, lambda r: r.chip).items():
            table[("chip", f"{file} {chip}")] = figures(of_chip)
    for held in scored["leave_one_out"]["intervals"]:
        table[("interval", held["of"])] = {"rows": held["rows"], "held_pct": held["held_pct"]}
    return table


COLUMNS = ["rows", "mean_abs_pct", "median_abs_pct", "bias_pct", "held_pct"]


def text(value, digits=1):
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.{digits}f}"


def write_table(table):
    with open(TABLE, "w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["what", "name", *COLUMNS])
        for (what, name), line in table.items():
            writer.writerow([what, name, *(text(line.get(c)) for c in COLUMNS)])


def read_table():
    if not TABLE.exists():
        return {}
    with open(TABLE, newline="") as stream:
        return {(r["what"], r["name"]): r for r in csv.DictReader(stream)}


def compare(table):
    """Prints what moved by more than the table's rounding, worst first."""
    old, moved = read_table(), []
    for key, line in table.items():
        before, now = old.get(key), line.get("mean_abs_pct")
        if before is None or not before["mean_abs_pct"] or now is None:
            if before is None:
                moved.append((0.0, key, "new", text(now)))
            continue
        change = round(now, 1) - float(before["mean_abs_pct"])
        if abs(change) > 0.05:
            moved.append((change, key, before["mean_abs_pct"], text(now)))
    moved += [(0.0, key, line["mean_abs_pct"], "gone") for key, line in old.items() if key not in table]
    if not moved:
        print("no mean error moved by 0.1 or more")
        return
    print(f"{'what':9}{'name':46}{'was':>8}{'now':>8}{'change':>8}")
    for change, (what, name), before, now in sorted(moved, key=lambda m: (-m[0], m[1])):
        print(f"{what:9}{name:46}{before:>8}{now:>8}{change:+8.1f}")


def markdown(titles, lines):
    align = [":--" if i == 0 else "--:" for i in range(len(titles))]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [titles, align, *lines])


def bars_table(scored):
    lines = []
    for bar in scored["bars"]:
        met = "yes" if bar["met"] else "**no**"
        lines.append([bar["name"], PUBLISHED.get(bar["name"], "-"), text(bar["mean_abs_pct"]),
                      f"{bar['limit_pct']:g}", met])
    return markdown(["visible data", "best published", "Roofcast", "bar", "met"], lines)


def intervals_table(scored):
    lines = [[h["of"], str(h["rows"]), text(h["held_pct"], 0),
              text(h["median_high_over_low"], 2) if h["median_high_over_low"] else "-"]
             for h in scored["leave_one_out"]["intervals"]]
    return markdown(["interval of", "rows", "held, %", "median high/low"], lines)


def chips_table(rows):
    files = grouped(rows, lambda r: r.file)
    chips = sorted({r.chip for r in rows})
    lines = []
    for file, members in files.items():
        of_chip = grouped(members, lambda r: r.chip)
        cells = [f"{figures(of_chip[c])['mean_abs_pct']:.0f}" if c in of_chip else "" for c in chips]
        lines.append([file, *cells])
    return markdown(["mean absolute error, %", *chips], lines)


def with_source(rows, file, reference):
    """Rows of one file with the record each came from."""
    with open(pathlib.Path(reference) / (file + ".csv"), newline="") as stream:
        records = list(csv.DictReader(stream))
    return [(r, records[r.line - 2]) for r in rows if r.file == file]


def end_to_end(rows, reference):
    """Rows of whole transformer runs that every published predictor has a time for."""
    joined = with_source(rows, "neusight/end_to_end", reference)
    return [(r, s) for r, s in joined if all(s[f"{b}_ms"] for b in BASELINES)]


def baseline_error(record, baseline):
    return abs(float(record[f"{baseline}_ms"]) / float(record["latency_ms"]) - 1) * 100


def baselines_table(rows, reference):
    lines = []
    joined = end_to_end(rows, reference)
    groups = grouped(joined, lambda pair: (pair[1]["mode"], pair[0].chip))
    for mode in sorted({m for m, _ in groups}):
        groups[(mode, "all")] = [pair for (m, _), pairs in groups.items() if m == mode for pair in pairs]
    for (mode, chip), pairs in sorted(groups.items()):
        cells = [text(statistics.fmean(baseline_error(s, b) for _, s in pairs)) for b in BASELINES]
        ours = statistics.fmean(abs(r.error) for r, _ in pairs)
        lines.append([f"{mode}, {chip}", str(len(pairs)), *cells, f"**{ours:.1f}**"])
    return markdown(["mode, chip", "rows", *BASELINES.values(), "Roofcast, chip left out"], lines)


def replace(path, name, content):
    page = path.read_text()
    pattern = re.compile(rf"<!-- {name} -->\n.*?<!-- /{name} -->", re.S)
    if not pattern.search(page):
        sys.exit(f"{path}: no <!-- {name} --> ... <!-- /{name} --> to fill")
    path.write_text(pattern.sub(lambda _: f"<!-- {name} -->\n{content}\n<!-- /{name} -->", page))


PANELS = {
    "matrix products": ["neusight/gemm", "deepbench/gemm"],
    "convolutions": ["neusight/conv", "deepbench/conv"],
    "elementwise and row kernels": ["neusight/pointwise", "neusight/rowwise"],
    "whole models": ["neusight/end_to_end", "lambda/training", "nvidia_dle/training", "nvidia_dle/inference",
                     "seed_gpus/measured", "seed_gpus/timm/timm_subset"],
}


def panel_of(row):
    """Where a row is drawn; None where it is not. The hardware's achieved figures are of three sorts."""
    if row.file != "hardware/measured":
        return next((title for title, files in PANELS.items() if row.file in files), None)
    if "decode" in row.kind:
        return "whole models"
    streams = "memory bandwidth" in row.kind or "memcpy" in row.kind
    return "elementwise and row kernels" if streams else "matrix products"


def plot(rows, reference):
    import matplotlib  # only where plots are asked for

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    PLOTS.mkdir(exist_ok=True)
    chips = sorted({r.chip for r in rows})
    colour = {chip: plt.get_cmap("tab20")(i % 20) for i, chip in enumerate(chips)}

    figure, axes = plt.subplots(2, 2, figsize=(9, 9))
    for axis, title in zip(axes.flat, PANELS):
        shown = [r for r in rows if panel_of(r) == title]
        for chip, members in grouped(shown, lambda r: r.chip).items():
            axis.plot([r.measured for r in members], [r.predicted for r in members], ".", markersize=2,
                      color=colour[chip], label=chip)
        if shown:
            ends = [min(r.measured for r in shown), max(r.measured for r in shown)]
            axis.plot(ends, ends, color="black", linewidth=0.8)
        axis.set(title=title, xscale="log", yscale="log", xlabel="measured, ms", ylabel="predicted, ms")
        axis.legend(markerscale=5, fontsize=6, ncols=2, frameon=False)
        axis.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(PLOTS / "scatter.png", dpi=90, metadata={"Software": None})

    figure, axis = plt.subplots(figsize=(9, 4.5))
    joined = end_to_end(rows, reference)
    groups = grouped(joined, lambda pair: f"{pair[0].chip} {pair[1]['mode']}")
    names = [*BASELINES.values(), "Roofcast, chip left out"]
    width = 0.8 / len(names)
    for i, name in enumerate(names):
        key = list(BASELINES)[i] if i < len(BASELINES) else None
        heights = [statistics.fmean(baseline_error(s, key) if key else abs(r.error) for r, s in pairs)
                   for pairs in groups.values()]
        axis.bar([x + (i - (len(names) - 1) / 2) * width for x in range(len(groups))], heights, width, label=name,
                 color="black" if key is None else plt.get_cmap("Pastel1")(i))
    axis.set_xticks(range(len(groups)), [f"{name}\n{len(pairs)} rows" for name, pairs in groups.items()])
    axis.set(ylabel="mean absolute error, %", ylim=(0, 80), title="whole transformer runs, FP32")
    axis.legend(fontsize=7, frameon=False)
    axis.grid(alpha=0.3, axis="y")
    figure.tight_layout()
    figure.savefig(PLOTS / "baselines.png", dpi=90, metadata={"Software": None})

    figure, axes = plt.subplots(2, 2, figsize=(9, 7), sharex=False)
    for axis, title in zip(axes.flat, PANELS):
        groups = grouped([r for r in rows if panel_of(r) == title], lambda r: r.chip)
        data = [[math.log2(r.predicted / r.measured) for r in members] for members in groups.values()]
        if data:
            axis.boxplot(data, labels=list(groups), whis=(10, 90), showfliers=False)
        axis.axhline(0, color="black", linewidth=0.8)
        axis.set(title=title, ylabel="log2(predicted / measured)", ylim=(-1.2, 1.2))
        axis.tick_params(axis="x", labelsize=7, labelrotation=45)
        for label in axis.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")
        axis.grid(alpha=0.3, axis="y")
    figure.tight_layout()
    figure.savefig(PLOTS / "by_chip.png", dpi=90, metadata={"Software": None})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("reference", type=pathlib.Path, help="folder of measurements")
    parser.add_argument("--compare", action="store_true", help="only print what moved")
    arguments = parser.parse_args()
    if not arguments.reference.is_dir():
        sys.exit(f"{arguments.reference}: not a folder")
    rows, scored = score(arguments.reference)
    table = accuracy_table(rows, scored)
    compare(table)
    if arguments.compare:
        return
    plot(rows, arguments.reference)
    page = ROOT / "docs" / "accuracy.md"
    replace(page, "bars", bars_table(scored))
    replace(page, "intervals", intervals_table(scored))
    replace(page, "chips", chips_table(rows))
    replace(page, "baselines", baselines_table(rows, arguments.reference))
    replace(ROOT / "README.md", "bars", bars_table(scored))
    write_table(table)


if __name__ == "__main__":
    main()
