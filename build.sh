#!/usr/bin/env bash
# The one command for installing what is needed, building, testing and showing the project on Debian 12.
# It decides versions, build folders and the order of test stages; how targets are built is CMake's business.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
build="${TPU_MLIR_BUILD_DIR:-$root/build}"
asan="$root/build-asan"
asan_mlir="$root/build-asan-mlir"
venv="$root/.venv"
started=$SECONDS

packages=(
  ca-certificates git g++ cmake ninja-build ccache
  clang-22 libclang-rt-22-dev lld-22 clang-format-22 llvm-22-dev llvm-22-tools libmlir-22-dev mlir-22-tools
  libgtest-dev libdnnl-dev zlib1g-dev nlohmann-json3-dev flatbuffers-compiler libflatbuffers-dev
  python3 python3-dev python3-venv
)
# Only the report's test opens a browser; without one it is skipped.
browser_packages=(chromium chromium-driver)

usage() {
  cat <<'TXT'
usage: ./build.sh [verb]
  build          install what is missing, configure and build (the default)
  demo           build, then compile and simulate the digit classifier
  test [--all]   build, then run every test; --all adds the slow ones
  test STAGE...  build, then run these: unit, lit, sanitized, sanitized_mlir, tutorials, python
  lint           check formats, types and scripts; changes nothing
  bench          build, then print the benchmarks
  deps           only install the system packages and the Python environment
  clean [--all]  remove the build folders; --all also removes .venv
TXT
}

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
die() {
  printf 'build.sh: %s\n' "$*" >&2
  exit 1
}
elapsed() { printf '%d min %02d s' $(((SECONDS - $1) / 60)) $(((SECONDS - $1) % 60)); }

# apt-get is called only when something is missing, so a second run needs neither root nor a network.
install_packages() { # install_packages <packages ...>
  command -v dpkg-query >/dev/null || die "needs Debian 12 or a system with these installed: $*"
  local missing=() name
  for name in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null || true)" = installed ] || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return
  [ "$(id -u)" = 0 ] || die "missing packages; run as root: apt-get install -y --no-install-recommends ${missing[*]}"
  say "Installing ${#missing[@]} system packages: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q
  apt-cache show libmlir-22-dev >/dev/null 2>&1 ||
    die "apt knows no libmlir-22-dev; add the bookworm-security suite to the apt sources"
  apt-get install -y -q --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}"
}

# The environment is made again only when the requirements changed.
install_python() {
  local stamp="$venv/requirements.stamp" now
  now="$(cat "$root/requirements.txt" "$root/requirements-dev.txt" | sha256sum)"
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ] && return
  say "Preparing the Python environment in .venv"
  [ -x "$venv/bin/python" ] || "${PYTHON:-python3}" -m venv "$venv"
  "$venv/bin/python" -m pip install -q --disable-pip-version-check -r "$root/requirements-dev.txt"
  printf '%s\n' "$now" >"$stamp"
}

install_browser() {
  if [ "$(id -u)" = 0 ] || dpkg-query -W "${browser_packages[@]}" >/dev/null 2>&1; then
    install_packages "${browser_packages[@]}"
  else
    say "No browser: the report's page is not tested; as root: apt-get install ${browser_packages[*]}"
  fi
}

deps() {
  install_packages "${packages[@]}"
  install_python
}

# One translation unit needs up to 1.2 GiB: fewer jobs than cores where memory is short.
jobs() {
  local cores memory
  cores="$(nproc)"
  memory="$(awk '/MemAvailable/ {print int($2 / 1536 / 1024)}' /proc/meminfo)"
  [ "$memory" -lt 1 ] && memory=1
  echo $((cores < memory ? cores : memory))
}

configure() { # configure <folder> <cmake options ...>
  local folder="$1" launcher=()
  shift
  # The precompiled header is cached only with these; without them every clean build is a cold one.
  export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
  command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  cmake -S "$root" -B "$folder" -G Ninja \
    -DCMAKE_C_COMPILER=clang-22 -DCMAKE_CXX_COMPILER=clang++-22 "${launcher[@]}" \
    -DPython_EXECUTABLE="$venv/bin/python" "$@" >"$folder.configure.log" 2>&1 || {
    tail -n 40 "$folder.configure.log" >&2
    die "cmake could not configure; the whole log is $folder.configure.log"
  }
}

build_all() {
  deps
  local from=$SECONDS
  say "Building in ${build#"$root"/}"
  configure "$build" -Dpybind11_DIR="$("$venv/bin/python" -m pybind11 --cmakedir)"
  ninja -C "$build" -j "$(jobs)"
  echo "built in $(elapsed "$from")"
}

with_tools() { # runs a command with the tools on PATH, as after `source envsetup.sh`
  (
    # shellcheck source=envsetup.sh
    source "$root/envsetup.sh"
    "$@"
  )
}

test_unit() { ctest --test-dir "$build" -j "$(jobs)" --output-on-failure; }

test_lit() { with_tools lit -v "$build/test"; }

# Everything that links no MLIR is built again with assertions, AddressSanitizer and UndefinedBehaviorSanitizer.
test_sanitized() {
  configure "$asan" -DTPU_MLIR_SANITIZE=ON -DTPU_MLIR_MLIR=OFF &&
    ninja -C "$asan" -j "$(jobs)" &&
    # A mapped file that is cut short is a sentence of ours, not a finding.
    ASAN_OPTIONS=handle_sigbus=0 ctest --test-dir "$asan" -j "$(jobs)" --output-on-failure
}

# All of our code, with Debian's LLVM and MLIR as they are: units, passes, networks of up to sixty ops (whose compiled
# module Python loads behind the sanitizer's runtime), and the readers' mutants. Building it takes longer than the rest of
# the quick tests together, so it belongs to the slow ones.
test_sanitized_mlir() {
  configure "$asan_mlir" -DTPU_MLIR_SANITIZE=ON -Dpybind11_DIR="$("$venv/bin/python" -m pybind11 --cmakedir)" &&
    ninja -C "$asan_mlir" -j "$(jobs)" &&
    (
      # Leaks at the end are Python's; LLVM's half of an allocator knows nothing of the other half's poison.
      export ASAN_OPTIONS=detect_leaks=0:allow_user_poisoning=0:detect_container_overflow=0:handle_sigbus=0
      export UBSAN_OPTIONS=print_stacktrace=1 TPU_MLIR_BUILD_DIR="$asan_mlir"
      ctest --test-dir "$asan_mlir" -j "$(jobs)" --output-on-failure && with_tools lit -q "$asan_mlir/test" &&
        with_tools python "$root/test/sanitized.py" "$root/test/Ops" "$root/test/fuzz/test_fuzz_readers.py" -q
    )
}

# Most tests start one-threaded tools: as many at a time as there are cores.
test_python() {
  with_tools python -m pytest "$root/test/python" "$root/test/Ops" "$root/test/fuzz" -q -n "$(jobs)" --dist worksteal "$@"
}

test_tutorials() { with_tools "$root/regression/basic/run_step_by_step.sh" "$build/tutorials"; }

# Every stage runs even when an earlier one failed; the Python stage is last, so its closing line is the last one read.
test_stages() { # test_stages [--all | stages ...]
  local stages=(unit lit sanitized python) select=() failed=() report=() stage from
  if [ "${1:-}" = --all ]; then
    stages=(unit lit sanitized sanitized_mlir tutorials python)
    select=(-m "slow or not slow")
  elif [ $# -gt 0 ]; then
    stages=("$@")
  fi
  for stage in "${stages[@]}"; do
    say "Tests: $stage"
    from=$SECONDS
    if [ "$stage" = python ]; then set -- "${select[@]}"; else set --; fi
    if "test_$stage" "$@"; then
      report+=("  $stage: passed in $(elapsed "$from")")
    else
      report+=("  $stage: FAILED after $(elapsed "$from")")
      failed+=("$stage")
    fi
  done
  printf '\n'
  printf '%s\n' "${report[@]}"
  [ ${#failed[@]} -eq 0 ] || die "tests failed: ${failed[*]}"
}

# Each checker runs whatever the others said.
lint() {
  local bad=0
  cd "$root"
  git ls-files -z '*.cpp' '*.h' '*.inc' | xargs -0 -r clang-format-22 --dry-run -Werror || bad=1
  "$venv/bin/ruff" check || bad=1
  "$venv/bin/ruff" format --check || bad=1
  "$venv/bin/mypy" || bad=1
  git ls-files -z '*.sh' .ci/run | xargs -0 -r "$venv/bin/shellcheck" -x || bad=1
  [ "$bad" = 0 ] || die "lint found something to mend; pre-commit mends most of it"
}

main() {
  local verb="${1:-build}" stage
  [ $# -gt 0 ] && shift
  case "$verb" in
    build) build_all ;;
    deps) deps ;;
    demo)
      build_all
      with_tools python "$root/regression/demo/run_demo.py" "$@"
      ;;
    test)
      [ "$*" = --all ] || for stage in "$@"; do
        declare -F "test_$stage" >/dev/null && [ "$stage" != stages ] || die "test knows no stage '$stage'; see ./build.sh help"
      done
      build_all
      install_browser
      test_stages "$@"
      ;;
    bench)
      build_all
      with_tools python "$root/bench/run.py" "$@"
      ;;
    lint)
      deps
      lint
      ;;
    clean)
      rm -rf "$build" "$asan" "$asan_mlir" "$build.configure.log" "$asan.configure.log" "$asan_mlir.configure.log"
      if [ "${1:-}" = --all ]; then rm -rf "$venv"; fi
      ;;
    help | -h | --help)
      usage
      return
      ;;
    *)
      usage >&2
      die "unknown verb '$verb'"
      ;;
  esac
  printf '\n%s: done in %s\n' "$verb" "$(elapsed "$started")"
}

main "$@"
