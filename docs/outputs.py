#!/usr/bin/env python3
# Runs the commands that pages show and puts what they print now below them: docs/outputs.py README.md docs/workloads.md
# SPDX-License-Identifier: Apache-2.0
"""A block that starts with "$ ./run ..." or "$ roofcast ..." is a command and its output. Lines around a line "..." are as many
as they were. Commands whose files are not here are left as they are; give their folder with --files."""
import argparse
import pathlib
import re
import shlex
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent


def shortened(new, old):
    """`new`, cut where `old` was cut."""
    if "..." not in old:
        return new
    head, tail = old.index("..."), len(old) - old.index("...") - 1
    return new[:head] + ["..."] + (new[-tail:] if tail else [])


def block(match, files):
    command, old = match.group(2), match.group(3).rstrip("\n").split("\n")
    arguments = shlex.split(command)[1:]
    named = [a for a in arguments if re.search(r"\.(onnx|json|toml)$", a)]
    where = next((f for f in files if all((f / n).exists() for n in named)), None)
    if where is None:
        print("left as it is:", command)
        return match.group(0)
    done = subprocess.run([ROOT / "run", *arguments], cwd=where, capture_output=True, text=True)
    new = (done.stdout + done.stderr).rstrip("\n").split("\n")
    return "```\n$ " + command + "\n" + "\n".join(shortened(new, old)) + "\n```"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", nargs="+", type=pathlib.Path)
    parser.add_argument("--files", type=pathlib.Path, action="append", default=[], help="folder of model files")
    options = parser.parse_args()
    subprocess.run([ROOT / "run", "--help"], stdout=subprocess.DEVNULL, check=True)  # builds, where it must
    for page in options.page:
        files = [ROOT, *[f.resolve() for f in options.files]]
        text = re.sub(r"```(\n)\$ ((?:\./run|roofcast) [^\n]*)\n(.*?)\n```", lambda m: block(m, files), page.read_text(), flags=re.S)
        page.write_text(text)


main()
