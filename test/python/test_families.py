"""The seam between families of chips: a second family needs nothing of the first."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_toy_family_builds_and_runs_with_the_first_one_deleted(tmp_path: Path) -> None:
    """A copy of the sources without lib/Backend/TiuGdma. Compiles some sixty small files."""
    tree = tmp_path / "tree"
    for name in ("cmake", "include", "lib", "python", "test", "tools"):
        shutil.copytree(ROOT / name, tree / name)
    shutil.copy(ROOT / "CMakeLists.txt", tree)
    shutil.rmtree(tree / "lib/Backend/TiuGdma")
    build = tmp_path / "build"
    launcher = [f"-DCMAKE_CXX_COMPILER_LAUNCHER={ccache}"] if (ccache := shutil.which("ccache")) else []
    compiler = ["-DCMAKE_C_COMPILER=clang-22", "-DCMAKE_CXX_COMPILER=clang++-22"]
    for command in (
        ["cmake", "-S", str(tree), "-B", str(build), "-G", "Ninja", "-DTPU_MLIR_MLIR=OFF", *compiler, *launcher],
        ["ninja", "-C", str(build), "-j", "2", "ToyTest"],
        [str(build / "unit/ToyTest")],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    listed = (build / "include/tpu_mlir/Backend/Families.def").read_text(encoding="utf-8")
    assert "FAMILY(TiuGdma)" not in listed


def test_a_family_that_is_not_there_is_named(tmp_path: Path) -> None:
    command = ["cmake", "-S", str(ROOT), "-B", str(tmp_path), "-DTPU_MLIR_FAMILIES=Nothing", "-DTPU_MLIR_MLIR=OFF"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "there is no family of chips 'Nothing' in lib/Backend; there are: TiuGdma" in done.stderr
