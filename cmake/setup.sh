# What ./run and ./test share: packages, the lock, configuring and building. Sourced; stdout stays the caller's.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
: "${root:?is the checkout, set by the script that sources this}"

# Debian 12 names. The first four are the compiler and the build, the rest libraries.
readonly ROOFCAST_PACKAGES=(g++ cmake ninja-build libeigen3-dev libfmt-dev nlohmann-json3-dev libtomlplusplus-dev
  libboost-program-options-dev libexpected-dev libprotozero-dev
  doctest-dev libbenchmark-dev)

say() { printf 'roofcast: %s\n' "$*" >&2; }

# Prints what is needed, exactly, and ends with 2.
give_up() {
  say "$1"
  say "it needs these packages (Debian names): $2"
  say "install them with: sudo apt-get install -y --no-install-recommends $2"
  exit 2
}

# Packages that dpkg says are not installed; nothing where there is no dpkg: then CMake alone decides.
missing_packages() {
  command -v dpkg-query >/dev/null || return 0
  local installed package
  # shellcheck disable=SC2016  # the ${...} are dpkg-query's
  installed=" $(dpkg-query -W -f '${db:Status-Status}:${Package} ' "${ROOFCAST_PACKAGES[@]}" 2>/dev/null || true)"
  for package in "${ROOFCAST_PACKAGES[@]}"; do
    [[ $installed == *" installed:$package "* ]] || printf '%s ' "$package"
  done
}

# apt-get as root, asking nobody anything. Stops early where there is no apt or no right to use it.
as_root() {
  local command=(env DEBIAN_FRONTEND=noninteractive "$@")
  if [[ $(id -u) != 0 ]]; then command=(sudo -n "${command[@]}"); fi
  "${command[@]}" </dev/null >&2 9>&-
}
install_packages() {
  local install=(apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300
    -o Dpkg::Use-Pty=0 "$@")
  say "installing $*"
  # Lists are fetched only where an install without them fails: a fresh container has none, a mirror moves on.
  { compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null && as_root "${install[@]}"; } ||
    { as_root apt-get update -qq && as_root "${install[@]}"; }
}

# Installs what is missing. Leaves in `lacking` what could not be: the libraries may still be there in another way.
lacking=""
reason=""
ensure_packages() {
  local missing
  missing=$(missing_packages)
  missing=${missing% }
  [[ -n $missing ]] || return 0
  # shellcheck disable=SC2086  # a list
  if ! command -v apt-get >/dev/null; then
    reason="packages are missing and there is no apt-get"
  elif [[ $(id -u) != 0 ]] && ! sudo -n true 2>/dev/null; then
    reason="packages are missing and installing them needs root"
  elif install_packages $missing; then
    return 0
  else
    reason="apt-get could not install the missing packages"
  fi
  lacking=$missing
}

# configure PRESET [-DNAME=VALUE...]
configure() {
  local preset=$1 log build="$root/build/$1"
  shift
  [[ -z $lacking ]] || command -v cmake >/dev/null || give_up "$reason" "$lacking"
  # A build folder that was configured for another path (the checkout moved) cannot be used again.
  if [[ -f $build/CMakeCache.txt ]] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$build/CMakeCache.txt"; then
    rm -rf "$build"
  fi
  log=$(mktemp)
  if (cd "$root" && cmake --preset "$preset" "$@") >"$log" 2>&1; then
    rm -f "$log"
    return 0
  fi
  cat "$log" >&2
  rm -f "$log"
  [[ -z $lacking ]] || give_up "$reason" "$lacking"
  command -v dpkg-query >/dev/null || give_up "CMake failed, see above; packages may be missing" "${ROOFCAST_PACKAGES[*]}"
  say "CMake failed, see above"
  exit 2
}

# build PRESET [CMAKE --BUILD ARGS...]. The stamp is as old as the sources that were built, and holds their path.
build() {
  local build="$root/build/$1"
  shift
  printf '%s\n' "$root" >"$build/.built.new" # before the build, so that what is edited meanwhile counts as newer
  if ! cmake --build "$build" "$@" </dev/null >&2 9>&-; then
    say "the build failed, see above"
    exit 2
  fi
  mv "$build/.built.new" "$build/.built"
}

# One builder at a time; the other waits. Descriptor 9 holds the lock until it is closed.
lock() {
  if ! mkdir -p "$root/build" 2>/dev/null || ! { : >>"$root/build/.lock"; } 2>/dev/null; then
    say "cannot write to $root/build: check the folder's owner and rights"
    exit 2
  fi
  exec 9>>"$root/build/.lock"
  if command -v flock >/dev/null && ! flock -n 9; then
    say "waiting for another build to finish"
    flock 9
  fi
}
unlock() { exec 9>&-; }
