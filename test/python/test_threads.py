"""Threads of the libraries wait asleep (what the package sets must reach them before they start), and say little."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import needs_core

SETTINGS = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "OPENBLAS_THREAD_TIMEOUT")


def run(code: str, **environment: str) -> str:
    """What Python prints, with none of the settings but `environment`."""
    kept = {key: value for key, value in os.environ.items() if key not in SETTINGS}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env={**kept, **environment}, capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


@pytest.mark.parametrize("load", ["from tpu_mlir.core import pymlir; pymlir()", "import tpu_mlir; tpu_mlir.transform"])
def test_openmp_threads_wait_asleep(load: str) -> None:
    shown = run(f"{load}\nimport ctypes; ctypes.CDLL('libgomp.so.1')", OMP_DISPLAY_ENV="verbose")
    assert "OMP_WAIT_POLICY = 'PASSIVE'" in shown
    assert "GOMP_SPINCOUNT = '1000'" in shown


def test_a_policy_of_the_user_stays() -> None:
    shown = run(
        "from tpu_mlir.core import pymlir; pymlir(); import ctypes; ctypes.CDLL('libgomp.so.1')",
        OMP_DISPLAY_ENV="verbose",
        OMP_WAIT_POLICY="active",
    )
    assert "OMP_WAIT_POLICY = 'ACTIVE'" in shown
    assert "GOMP_SPINCOUNT = '1000'" not in shown


def test_every_tool_sets_it_before_numpy_is_loaded() -> None:
    shown = run(
        "import os, sys\n"
        "from tpu_mlir.errors import run_main\n"
        "run_main(lambda argv: print('numpy' in sys.modules, os.environ['OPENBLAS_THREAD_TIMEOUT']) or 0)([])"
    )
    assert shown.split() == ["False", "4"]


def test_onnxruntime_does_not_spin() -> None:
    from tpu_mlir.threads import session_options

    options = session_options()
    for pool in ("intra_op", "inter_op"):
        assert options.get_session_config_entry(f"session.{pool}.allow_spinning") == "0"


@needs_core
def test_tensors_with_the_same_complaint_are_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    import numpy as np

    from tpu_mlir.calibration.calibrator import calibrate
    from tpu_mlir.core import pymlir

    builder = pymlir().Builder("constants")
    x = builder.input("x", [1, 8], {})
    for i in range(50):  # nothing of the input is left behind the first
        x = builder.op("top.MulConst", [x], {"const_val": 0.0}, f"zero{i}")
    builder.finish([x])
    builder.set_module_attr("module.state", "TOP_F32")
    builder.save(str(tmp_path / "constants.mlir"), "constants_weight.npz")
    sample = tmp_path / "sample.npz"
    np.savez(sample, x=np.ones((1, 8), np.float32))
    calibrate(tmp_path / "constants.mlir", [(sample,)])
    lines = [line for line in capfd.readouterr().err.splitlines() if "constant" in line]
    assert len(lines) == 1
    assert "'zero0' is [0, 0], 'zero1' is [0, 0] and 48 more" in lines[0]
