#!/usr/bin/env bash
# On the GPU of this machine: measures, goes on, fits and reports: gpu_test.sh ROOFCAST. Exit status 77 where there is none.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
roofcast=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export XDG_CONFIG_HOME=$folder/config
unset ROOFCAST_HWDB
cd "$folder"

status=0
"$roofcast" measure --suite quick --out board.csv 2>err || status=$?
cat err
if [[ $status == 3 ]]; then
  echo "skipped: this test needs an NVIDIA GPU"
  exit 77
fi
[[ $status == 0 ]] || { echo "measure: exit status $status"; exit 1; }

rows=$(tail -n +2 board.csv | wc -l)
# Convolutions apart: without cuDNN the harness has a kernel for FP32 alone.
failures() { grep 'failed: ' board.csv | grep -vE '^[^,]*,(conv|replay),' || true; }
failed=$(failures | wc -l)
echo "$rows rows, $failed failed that are no convolutions"
((rows > 100 && failed * 20 < rows)) || { failures | head -n 20; exit 1; }
"$roofcast" measure --suite quick --out board.csv # what is there is not measured again
[[ $(tail -n +2 board.csv | wc -l) == "$rows" ]] || { echo "a case has two rows"; exit 1; }
"$roofcast" validate --from board.csv --report report
grep -q 'all kernels' report.md
[[ -s report.html ]]
