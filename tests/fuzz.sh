#!/usr/bin/env bash
# Looks for inputs that break a fuzz target (tests/fuzz/*_fuzz.cc), with libFuzzer, AddressSanitizer and
# UndefinedBehaviorSanitizer. Installs what is missing and builds.
#
#   ./tests/fuzz.sh --minutes N [TARGET...]   each target for N minutes, as many at once as there are cores; without
#                                             names, every target
#   ./tests/fuzz.sh --seconds N [TARGET...]   the same, for a short look
#
# Begins with the inputs that are kept in tests/fuzz and those of earlier runs. New ones go to build/fuzz/corpus/TARGET,
# and what breaks a target to build/fuzz/findings/. Exit status 1 if anything does.
set -u
cd "$(dirname "$0")/.." || exit 1
. gateway/packages.sh
export LC_ALL=C.UTF-8

usage="usage: ./tests/fuzz.sh --minutes N [TARGET...], or --seconds N"
seconds="" names=()
while [ $# -gt 0 ]; do
  case "$1" in
    --minutes | --seconds)
      [[ "${2-}" =~ ^[1-9][0-9]{0,5}$ ]] || die "$usage"
      seconds=$2
      [ "$1" = --seconds ] || seconds=$((60 * $2))
      shift
      ;;
    -*) die "$usage" ;;
    *) names+=("${1%_fuzz}") ;;
  esac
  shift
done
[ -n "$seconds" ] || die "$usage"

every=()
for file in tests/fuzz/*_fuzz.cc; do every+=("$(basename "$file" _fuzz.cc)"); done
[ "${#names[@]}" -gt 0 ] || names=("${every[@]}")
for name in "${names[@]}"; do
  [ -e "tests/fuzz/${name}_fuzz.cc" ] || die "There is no target $name, but: ${every[*]}"
done

# What a sanitizer finds ends the program that it finds it in.
export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1

# libclang-rt has libFuzzer and the sanitizers.
# shellcheck disable=SC2086
install_packages $packages_build clang libclang-rt-14-dev
say "== build (about 5 minutes on 2 cores from nothing, seconds after that)"
build_preset fuzz "${names[@]/%/_fuzz}" || exit 1

findings=build/fuzz/findings logs=build/fuzz/logs
mkdir -p "$findings" "$logs"

program_of() { find build/fuzz -name "$1_fuzz" -type f -perm -u+x -print -quit; }

# fuzz NAME: one target, until its time is over or something is found. New inputs go to the first folder.
fuzz() {
  local name=$1 program folders=("build/fuzz/corpus/$1") kind
  program=$(program_of "$name")
  mkdir -p "${folders[0]}"
  for kind in seeds corpus; do
    [ ! -d "tests/fuzz/$kind/$name" ] || folders+=("tests/fuzz/$kind/$name")
  done
  exec "$program" -max_total_time="$seconds" -timeout=20 -print_final_stats=1 -artifact_prefix="$findings/$name-" \
    "${folders[@]}" >"$logs/$name.log" 2>&1
}

declare -A name_of=() status_of=()
stop() {
  trap - INT TERM
  [ "${#name_of[@]}" -eq 0 ] || kill "${!name_of[@]}" 2>/dev/null
  exit 130
}
trap stop INT TERM

# Waits until one of them ends.
reap() {
  local id="" status
  wait -n -p id "${!name_of[@]}"
  status=$?
  status_of[${name_of[$id]}]=$status
  unset "name_of[$id]"
}

cores=$(nproc)
rounds=$(((${#names[@]} + cores - 1) / cores))
say "== ${#names[@]} targets, $seconds s each, $cores at once: $((rounds * seconds)) s"
for name in "${names[@]}"; do
  [ -z "${status_of[$name]-}" ] || continue # named twice
  [ "${#name_of[@]}" -lt "$cores" ] || reap
  status_of[$name]=running
  fuzz "$name" &
  name_of[$!]=$name
done
while [ "${#name_of[@]}" -gt 0 ]; do reap; done

found=0
printf '\n%-16s %12s %10s %9s\n' target executions coverage findings
for name in "${every[@]}"; do
  [ -n "${status_of[$name]-}" ] || continue
  log=$logs/$name.log
  runs=$(grep -aoE '^stat::number_of_executed_units: *[0-9]+' "$log" | grep -oE '[0-9]+$')
  coverage=$(grep -aoE '^#[0-9]+.* cov: [0-9]+' "$log" | tail -n 1 | grep -oE '[0-9]+$')
  kept=$(grep -aoE 'Test unit written to .*' "$log" | sed 's/.* to //')
  number=0
  # Without an input that is kept, such as a program that didn't start: the log tells.
  [ "${status_of[$name]}" -eq 0 ] || number=1
  found=$((found + number))
  printf '%-16s %12s %10s %9s\n' "$name" "${runs:--}" "${coverage:--}" "$number"
  [ "$number" -gt 0 ] || continue
  printf '  %s\n' "$(grep -am 1 -E 'ERROR:|runtime error:' "$log")" "input: ${kept:-none}" "log: $log"
  [ -z "$kept" ] || printf '  again: %s %s\n' "$(program_of "$name")" "$kept"
done
[ "$found" -eq 0 ]
