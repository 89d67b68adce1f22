"""Cycles of one small network in INT8, with 8-bit inputs and outputs, and in F32, by the timing model.

Nothing is run: both streams are compiled and timed. Decides no shapes and judges nothing.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness import Build, compile_net


@dataclass(frozen=True)
class Case:
    """One network; `op` is its last line in the Top dialect, cycles are tpuc-sim's, instructions the TIU's."""

    family: str
    seed: int
    op: str
    int8: float
    f32: float
    int8_instructions: int
    f32_instructions: int


def timed(folder: Path) -> tuple[float, int]:
    """Cycles and TIU instructions of net.bmodel in `folder`."""
    tool = shutil.which("tpuc-sim")
    assert tool, "tpuc-sim is not on PATH; source envsetup.sh"
    summary = folder / "summary.json"
    command = [tool, str(folder / "net.bmodel"), "--timing-only", "--summary", str(summary)]
    subprocess.run(command, check=True, capture_output=True)
    figures = json.loads(summary.read_text(encoding="utf-8"))
    return float(figures["cycles"]), int(figures["tiu"]["commands"])


def last_op(folder: Path) -> str:
    """The last op of top.mlir: its name, attributes and types, without places."""
    lines = [line for line in (folder / "top.mlir").read_text(encoding="utf-8").splitlines() if '"top.' in line]
    return re.sub(r"\s*loc\(.*$|%\w+( = )?", "", lines[-1]).strip()


def both(family: str, build: Build, seed: int, folder: Path) -> Case | None:
    """The case, or nothing where F32 has no form for it."""
    cycles: dict[str, tuple[float, int]] = {}
    for mode in ("F32", "INT8"):
        try:
            compile_net(build, seed, folder, mode, quant_io=True)
        except Exception:  # what F32 refuses cannot be compared; what INT8 refuses is another test's
            return None
        cycles[mode] = timed(folder)
    (int8, int8_instructions), (f32, f32_instructions) = cycles["INT8"], cycles["F32"]
    return Case(family, seed, last_op(folder), int8, f32, int8_instructions, f32_instructions)
