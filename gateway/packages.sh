# Sourced by gateway/quickstart, tests/run, tests/fuzz and bench/run: what they need of Debian 12, and how it is installed.
# shellcheck shell=bash

# To build and to run the gateway.
packages_build="g++ cmake ninja-build libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libssl-dev
  liblmdb-dev libtomlplusplus-dev doctest-dev libcli11-dev libspdlog-dev libkainjow-mustache-dev"
# The sample backend, and the client that calls it.
packages_try="python3 curl"
# The tests: the judge of the layout, real backends, real clients.
packages_test="clang-format ccache mold nginx python3-pytest python3-pytest-xdist python3-requests python3-requests-oauthlib python3-authlib
  python3-oauthlib python3-cryptography python3-flask python3-sqlalchemy gunicorn lighttpd php-cli chromium chromium-driver ca-certificates openssl"
# The fuzz targets and the checks of clang-tidy. libclang-rt has libFuzzer and the sanitizers.
packages_fuzz="clang libclang-rt-14-dev"
packages_tidy="clang-tidy"
# What the gate is compared with.
packages_bench="nginx haproxy"
# What counts instructions.
packages_count="valgrind"

say() { printf '%s\n' "$*"; }
die() {
  printf '%s\n' "$*" >&2
  exit 1
}

# install_packages NAME...: says what is missing and installs it, from the package lists as they are, or from new ones if
# those won't do. Asks nothing.
install_packages() {
  local missing=() name as_root=()
  for name in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  command -v apt-get >/dev/null || die "This needs Debian 12's packages: ${missing[*]}. Install them as your system does, and try again."
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "Packages are missing: ${missing[*]}. Run this as root, or first: apt-get install ${missing[*]}"
    as_root=(sudo -n)
    sudo -n true 2>/dev/null || as_root=(sudo)
  fi
  say "Installing from Debian: ${missing[*]}"
  local guard=/usr/sbin/policy-rc.d guarded=no log result=1
  log=$(mktemp)
  # nginx and haproxy are wanted as programs: don't let the installation start them as services.
  if [ ! -e "$guard" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$guard" >/dev/null && "${as_root[@]}" chmod 755 "$guard" && guarded=yes
  fi
  local install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}")
  if "${install[@]}" >"$log" 2>&1 || { "${as_root[@]}" apt-get update -q >"$log" 2>&1 && "${install[@]}" >>"$log" 2>&1; }; then
    result=0
  fi
  [ "$guarded" = no ] || "${as_root[@]}" rm -f "$guard"
  if [ "$result" -ne 0 ]; then
    tail -n 5 "$log" >&2
    rm -f "$log"
    die "The packages could not be installed. Is this Debian 12, and can apt reach its mirror (apt-get update)? Then run this again."
  fi
  rm -f "$log"
}

# install_node: node and npm, where they are missing; others than Debian's will do.
install_node() {
  local missing=()
  command -v node >/dev/null || missing+=(nodejs)
  command -v npm >/dev/null || missing+=(npm)
  [ "${#missing[@]}" -eq 0 ] || install_packages "${missing[@]}"
}

# build_preset PRESET [TARGET...]: configures and builds; the log is shown only if that fails.
build_preset() {
  local preset=$1 log
  shift
  mkdir -p build
  log=build/$preset.log
  if cmake --preset "$preset" >"$log" 2>&1 &&
    cmake --build --preset "$preset" --parallel "$(nproc)" ${1:+--target "$@"} >>"$log" 2>&1; then
    return 0
  fi
  grep -nE '(error|Error|undefined reference|multiple definition)[: ]|^FAILED|internal compiler' -A 3 "$log" | head -n 40 >&2
  say "The build failed; all of it is in $log." >&2
  return 1
}
