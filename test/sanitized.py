"""Runs pytest with the compiled module of a build with sanitizers, whose runtime has to be in the process first.

    TPU_MLIR_BUILD_DIR=build-asan source envsetup.sh && python test/sanitized.py test/Ops -q

The programs that tests start have the runtime inside; only this process is started again with it in front, and what
else is to load the module finds its path in TPU_MLIR_SANITIZED.
"""

from __future__ import annotations

import os
import subprocess
import sys

COMPILER = "clang++-22"
RUNTIME = "libclang_rt.asan-x86_64.so"


def main() -> int:
    if "LD_PRELOAD" not in os.environ:
        words = [COMPILER, f"-print-file-name={RUNTIME}"]
        runtime = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
        environment = {**os.environ, "LD_PRELOAD": runtime, "TPU_MLIR_SANITIZED": runtime}
        os.execvpe(sys.executable, [sys.executable, *sys.argv], environment)
    del os.environ["LD_PRELOAD"]
    import pytest

    return int(pytest.main(sys.argv[1:]))


if __name__ == "__main__":
    sys.exit(main())
