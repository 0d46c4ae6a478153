#!/usr/bin/env bash
# ./run and ./test in a copy of their own, with stand-ins for cmake, apt-get, dpkg-query and sudo that log their calls.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2317  # stand-ins expand when they run; conditions are called by name
set -euo pipefail
source_root=$(dirname -- "$(readlink -f -- "$0")")/../..
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

check() { # check "the rule" CONDITION...
  local rule=$1
  shift
  if "$@"; then printf 'ok: %s\n' "$rule"; else printf 'FAILED: %s\n' "$rule"; failures=$((failures + 1)); fi
}
says() { grep -qF -- "$1" "$2"; }
silent() { ! says "$@"; }

stand_in() { # stand_in NAME: its body comes from stdin; calls are logged
  { printf '#!/bin/bash\necho "%s $*" >>"%s/calls"\n' "$1" "$work"; cat; } >"$tools/$1"
  chmod +x "$tools/$1"
}

# A checkout with a blank in its name, and a PATH that holds nothing but what is put there.
fresh_checkout() {
  rm -rf "${work:?}"/*
  root="$work/a checkout"
  tools=$work/tools
  mkdir -p "$root"/{model,hwdb,validate,cli,cmake} "$tools"
  cp "$source_root"/{run,test,CMakeLists.txt,CMakePresets.json} "$root"
  cp "$source_root"/cmake/setup.sh "$root/cmake"
  touch -d '1 minute ago' "$root"/{,model,hwdb,validate,cli,cmake,cmake/setup.sh,CMakeLists.txt,CMakePresets.json}
  local tool
  for tool in bash cat chmod dirname env find flock grep mkdir mktemp mv nproc readlink rm sleep touch true; do
    ln -s "$(type -P "$tool")" "$tools/$tool"
  done
  : >"$work/calls"
  stand_in id <<<'echo 0'
  stand_in ctest <<<'exit 0'
  stand_in dpkg-query <<'TOOL'
for package; do [[ $package == [-\$]* ]] || [[ -f $(dirname "$0")/missing && " $(<"$(dirname "$0")/missing") " == *" $package "* ]] || printf 'installed:%s ' "$package"; done
TOOL
  stand_in cmake <<'TOOL'
[[ -f $(dirname "$0")/missing ]] && { echo "Could not find a package" >&2; exit 1; }
if [[ $1 == --build ]]; then
  sleep 0.2; echo "compiler noise"; mkdir -p "$2/cli"
  printf '#!/bin/bash\nprintf "<%%s>" "$@"; exit 3\n' >"$2/cli/roofcast"; chmod +x "$2/cli/roofcast"
else
  mkdir -p "build/$2"; echo "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" >"build/$2/CMakeCache.txt"
fi
TOOL
}
lacks() { echo "$1" >"$tools/missing"; }

roofcast() { # runs ./run from elsewhere; leaves out, err and status behind
  status=0
  (cd / && PATH=$tools "$root/run" "$@") >"$work/out" 2>"$work/err" </dev/null || status=$?
}

fresh_checkout
roofcast predict "two words" --batch 8
check "the program's exit code is passed on" test $status = 3
check "arguments arrive as they were" test "$(<"$work/out")" = "<predict><two words><--batch><8>"
check "the noise of the build goes to stderr" says "compiler noise" "$work/err"
check "apt is left alone where nothing is missing" silent apt-get "$work/calls"
: >"$work/calls"
roofcast again
check "a second start calls neither cmake nor dpkg" test ! -s "$work/calls"
check "a second start says nothing of its own" test ! -s "$work/err"
ln -s "$root/run" "$work/link"
check "a symlink to ./run works" test "$(PATH=$tools "$work/link" x || true)" = "<x>"
touch "$root/model/new.cpp"
roofcast
check "a changed source is built" says "cmake --build" "$work/calls"
: >"$work/calls"
mv "$root" "$work/moved"
root=$work/moved
roofcast
check "a checkout that moved is configured anew" says "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$root/build/release/CMakeCache.txt"

fresh_checkout
(roofcast one; cp "$work/out" "$work/one") &
(cd / && PATH=$tools "$root/run" two >"$work/two" 2>"$work/two.err") || true
wait
check "two starts at once build one after the other" test "$(<"$work/two")" = "<two>"
check "and the second finds the work done" test "$(grep -c 'cmake --build' "$work/calls")" = 1

fresh_checkout
lacks "ninja-build libfmt-dev"
stand_in apt-get <<'TOOL'
[[ $1 == update ]] || { [[ -f $(dirname "$0")/updated ]] && rm "$(dirname "$0")/missing"; }
[[ $1 == update ]] && touch "$(dirname "$0")/updated"
TOOL
roofcast
check "missing packages are installed, those and no others" \
  says "apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 ninja-build libfmt-dev" "$work/calls"
check "lists are fetched where the install fails without" says "apt-get update" "$work/calls"
check "then the program runs" test $status = 3

fresh_checkout
lacks "libfmt-dev"
stand_in apt-get <<<'rm "$(dirname "$0")/missing"'
stand_in id <<<'echo 1000'
stand_in sudo <<<'[[ $1 == -n ]] || sleep 100; shift; exec "$@"'
roofcast
check "a user with sudo installs without being asked for a password" says "sudo -n env DEBIAN_FRONTEND=noninteractive apt-get" "$work/calls"

for case in "no apt-get" "no sudo" "sudo asks" "apt-get fails"; do
  fresh_checkout
  lacks "libeigen3-dev doctest-dev"
  [[ $case == "no apt-get" ]] || stand_in apt-get <<<'exit 100'
  [[ $case == "no sudo" || $case == "sudo asks" ]] && stand_in id <<<'echo 1000'
  [[ $case == "sudo asks" ]] && stand_in sudo <<<'exit 1'
  roofcast
  check "$case: exit code 2" test $status = 2
  check "$case: the exact packages are named" says "--no-install-recommends libeigen3-dev doctest-dev" "$work/err"
  check "$case: stdout stays empty" test ! -s "$work/out"
done

fresh_checkout
rm "$tools/dpkg-query"
roofcast
check "without dpkg CMake alone decides" test $status = 3
lacks "something"
touch "$root/cli/new.cpp"
roofcast
check "and where CMake fails the whole list is printed" says "g++ cmake ninja-build libeigen3-dev" "$work/err"

fresh_checkout
(cd / && PATH=$tools "$root/test" --asan --werror -R 'a test') >"$work/out" 2>"$work/err" || true
check "./test passes its arguments to ctest" says "-R a test" "$work/calls"
check "./test --asan uses that preset" says "ctest --preset asan-ubsan" "$work/calls"
check "./test --werror makes warnings errors" says "cmake --preset asan-ubsan -DROOFCAST_TESTS=ON -DROOFCAST_WERROR=ON" "$work/calls"

exit $((failures > 0))
