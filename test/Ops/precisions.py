"""Cycles of one small network in INT8, with 8-bit inputs and outputs, and in floats, by the timing model.

Nothing is run: both streams are compiled and timed. Decides no shapes and judges nothing.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from harness import Build, compile_net


class Figures(NamedTuple):
    """Of one bmodel."""

    cycles: float
    instructions: int
    weights: int
    transfers: int


@dataclass(frozen=True)
class Case:
    """One network; `op` is its last line in the Top dialect, cycles are tpuc-sim's, instructions the TIU's, transfers
    the GDMA's, weights are bytes."""

    family: str
    seed: int
    op: str
    int8: float
    f32: float
    int8_instructions: int
    f32_instructions: int
    int8_weights: int
    f32_weights: int
    int8_transfers: int = 0
    f32_transfers: int = 0


def timed(folder: Path) -> Figures:
    """Cycles, TIU instructions, bytes of weights and GDMA transfers of net.bmodel in `folder`."""
    tool = shutil.which("tpuc-sim")
    assert tool, "tpuc-sim is not on PATH; source envsetup.sh"
    summary = folder / "summary.json"
    command = [tool, str(folder / "net.bmodel"), "--timing-only", "--summary", str(summary)]
    subprocess.run(command, check=True, capture_output=True)
    figures = json.loads(summary.read_text(encoding="utf-8"))
    counts = figures["tiu"]["commands"], figures["ddr"]["weight_bytes"], figures["gdma"]["commands"]
    return Figures(float(figures["cycles"]), *map(int, counts))


def last_op(folder: Path) -> str:
    """The last op of top.mlir: its name, attributes and types, without places."""
    lines = [line for line in (folder / "top.mlir").read_text(encoding="utf-8").splitlines() if '"top.' in line]
    return re.sub(r"\s*loc\(.*$|%\w+( = )?", "", lines[-1]).strip()


def both(family: str, build: Build, seed: int, folder: Path, floats: str = "F32") -> Case | None:
    """The case, or nothing where `floats`, a float format, has no form for it."""
    figures = {}
    for mode in (floats, "INT8"):
        try:
            compile_net(build, seed, folder, mode, quant_io=True)
        except Exception:  # what floats refuse cannot be compared; what INT8 refuses is another test's
            return None
        figures[mode] = timed(folder)
    own, other = figures["INT8"], figures[floats]
    pairs = [number for pair in zip(own, other, strict=True) for number in pair]
    return Case(family, seed, last_op(folder), *pairs)
