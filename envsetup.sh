# Puts the tools on PATH for the shell that sources this file: `source envsetup.sh`.
# It uses what ./build.sh made (.venv and build/) and changes nothing on disk.
# shellcheck shell=bash

TPU_MLIR_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]:-$0}")" && pwd)"
export TPU_MLIR_ROOT

# Puts a folder in front of a colon-separated variable, once, however often this file is sourced.
_tpu_mlir_prepend() {
  eval "local now=\"\${$1:-}\""
  # shellcheck disable=SC2154  # `now` is set by the eval above
  case ":$now:" in
    *":$2:"*) ;;
    *) export "$1=$2${now:+:$now}" ;;
  esac
}

_tpu_mlir_build="${TPU_MLIR_BUILD_DIR:-$TPU_MLIR_ROOT/build}"
if [ -d "$TPU_MLIR_ROOT/.venv/bin" ]; then
  _tpu_mlir_prepend PATH "$TPU_MLIR_ROOT/.venv/bin"
fi
_tpu_mlir_prepend PATH "$_tpu_mlir_build/bin"
_tpu_mlir_prepend PATH "$TPU_MLIR_ROOT/python/tpu_mlir/bin"
_tpu_mlir_prepend PYTHONPATH "$_tpu_mlir_build/python"
_tpu_mlir_prepend PYTHONPATH "$TPU_MLIR_ROOT/python"

if [ ! -d "$_tpu_mlir_build/python" ]; then
  echo "envsetup.sh: $_tpu_mlir_build is not built yet; run ./build.sh" >&2
fi
unset -f _tpu_mlir_prepend
unset _tpu_mlir_build
