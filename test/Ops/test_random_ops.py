"""Interpreter == simulator on random members of every op family in every number format, in every bit.

A failure prints the case: `python test/Ops/harness.py <family> <seed> <folder> [mode] [lmem]` runs it again.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from families import FAMILIES
from harness import MODES, run_case
from ledger_writer import record

# Of each family; a seed chooses the format.
SEEDS = int(os.environ.get("TPU_MLIR_SEEDS", "200"))
# Families of a few forms, each of several ops that other families try hard: a share of the seeds is enough.
SHARE = {"wide_conv": 4, "wide_pool": 6, "extreme": 6, "rectifier": 6}
SMALL_LMEM = 64 * 1024  # four banks of sixteen: tiles everywhere
# Filters of hundreds of taps as F32: of one output channel a lane, more than that.
NEEDS_ALL = {("wide_conv", "F32")}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_is_exact(family: str, mode: str, tmp_path: Path) -> None:
    """Floats too: kernels run in one order in both. Every fourth network has little local memory."""
    own = range(MODES.index(mode), SEEDS, len(MODES))
    seeds = own[: max(1, len(own) // SHARE.get(family, 1))]
    refused, different, passed = [], [], 0
    ops: dict[str, list[int]] = {}
    for number, seed in enumerate(seeds):
        lmem = SMALL_LMEM if number % 4 == 3 and (family, mode) not in NEEDS_ALL else 0
        case = f"seed {seed} lmem {lmem}"
        try:
            outcome = run_case(FAMILIES[family], seed, tmp_path, mode, lmem, quant_io=bool(number % 2))
        except Exception as error:  # a refusal is counted, whatever stage made it
            refused.append(f"{case}: {error}")
            continue
        assert outcome.compared == outcome.expected > 0
        if outcome.difference:
            different.append(f"{case}: {outcome.difference}")
        else:
            passed += 1
        for op in set(re.findall(r'"(top\.\w+)"', (tmp_path / "top.mlir").read_text())) - {
            "top.Input",
            "top.Weight",
            "top.None",
        }:
            counts = ops.setdefault(op, [0, 0])
            counts[0] += 1
            counts[1] += not outcome.difference
    for op, (cases, good) in ops.items():
        for aspect in (f"emit_{mode.lower()}", "tile", "interpret"):
            record(op, aspect, cases, good)
        if mode in ("F32", "INT8"):
            record(op, f"lower_{mode.lower()}", cases, good)
    assert not refused, f"{len(refused)} of {len(seeds)} refused; first: {refused[0]}"
    assert not different, f"{len(different)} of {len(seeds)} differ; first: {different[0]}"
    assert passed == len(seeds)
