#!/usr/bin/env bash
# Measures, resumes, calibrates and reports with the program itself: validate_test.sh ROOFCAST FAKE, the folder of the
# pretended CUDA. Exit status 77 where that is not built.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
roofcast=$1
[[ -e $2/libcuda.so.1 ]] || { echo "skipped: the target fake_cuda is not built"; exit 77; }
export LD_LIBRARY_PATH=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export XDG_CONFIG_HOME=$folder/config
unset ROOFCAST_HWDB
cd "$folder"
expect() { grep -qF -- "$2" "$1" || { printf 'no "%s" in %s:\n' "$2" "$1"; cat "$1"; exit 1; }; }

"$roofcast" measure --suite quick --out b.csv >out 2>err
expect err 'Quadro P4000 (quadro-p4000), driver 580.65.06, CUPTI activity records'
expect b.csv 'quadro-p4000,gemm,"gemm:m=1024,n=1024,k=1024,bt=1",fp32/fp32/fp32/cuda_core,cuBLAS 12.9,burst,'
expect b.csv 'quadro-p4000,replay,"step:workload=resnet50,mode=training,precision=fp32,batch=16"'
rows=$(wc -l <b.csv)
"$roofcast" measure --suite quick --out b.csv >out 2>err
expect out ' 0 measured'
grep -q 'failed: ' b.csv # tried again, and again one row each
[[ $(wc -l <b.csv) == "$rows" ]] || { echo "a case has two rows"; exit 1; }

"$roofcast" validate --from b.csv --report r >out 2>err
expect out 'all kernels'
expect r.md '# Quadro P4000: measured, fitted, scored'
expect r.html '<svg'
[[ -f config/roofcast/calibration/quadro-p4000.toml ]]
"$roofcast" predict gemm:1000x1000x1000 --gpu p4000 >out
expect out 'constants measured on this board on'
"$roofcast" serve llama-2-7b --gpu p4000 --weights int4 >out 2>err || true
expect out 'constants measured on this board on'
"$roofcast" gpu p4000 >out 2>err
expect err 'constants measured on this board on'
"$roofcast" predict gemm:1000x1000x1000 --gpu t4 >out
if grep -q 'constants measured' out; then echo "a T4 got a P4000's constants"; exit 1; fi
"$roofcast" score b.csv >out
# Counters: in the columns and the report where the driver permits them, one line and times where it does not.
"$roofcast" measure --suite quick --counters --out n.csv >out 2>err
grep -q 'no counters' err && { echo "no counters on the pretended board"; cat err; exit 1; }
"$roofcast" validate --from n.csv --report n --calibration-out n.toml >out 2>err
expect n.md '| gemm/fp32 |'
FAKE_CUPTI_COUNTER_ERROR=35 "$roofcast" validate --suite quick --counters --out p.csv --report p \
  --calibration-out p.toml >out 2>err
expect err "no counters: cuptiMetricGetIdFromName: no permission to read GPU counters (ERR_NVGPUCTRPERM)"
expect err 'NVreg_RestrictProfilingToAdminUsers=0'
expect out 'report: p.md, p.html'

status=0
FAKE_CUDA_NO_DEVICE=1 "$roofcast" measure --out c.csv 2>err || status=$?
[[ $status == 3 ]] || { echo "exit status $status without a GPU"; exit 1; }
expect err 'roofcast measure: no GPU to measure: the driver sees no NVIDIA GPU'
[[ ! -e c.csv ]]
