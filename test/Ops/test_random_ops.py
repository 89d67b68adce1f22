"""Interpreter == simulator on random members of every op family, in every bit.

A failure prints the case: `python test/Ops/harness.py <family> <seed> <folder> [mode] [lmem]` runs it again.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from families import F32_FAMILIES, FAMILIES
from harness import run_case
from ledger_writer import record

SEEDS = int(os.environ.get("TPU_MLIR_SEEDS", "200"))
# Families of a few forms, each of several ops that other families try hard: a share of the seeds is enough.
SHARE = {"wide_conv": 4, "wide_pool": 6, "extreme": 6, "rectifier": 6}
SMALL_LMEM = 64 * 1024  # four banks of sixteen: tiles everywhere


def _run(family: str, seeds: range, mode: str, lmem: int, folder: Path) -> None:
    seeds = seeds[: max(1, len(seeds) // SHARE.get(family, 1))]
    refused, different, passed = [], [], 0
    ops: dict[str, list[int]] = {}
    for seed in seeds:
        try:
            outcome = run_case(FAMILIES[family], seed, folder, mode, lmem, quant_io=bool(seed % 2))
        except Exception as error:  # a refusal is counted, whatever stage made it
            refused.append(f"seed {seed}: {error}")
            continue
        assert outcome.compared == outcome.expected > 0
        if outcome.difference:
            different.append(f"seed {seed}: {outcome.difference}")
        else:
            passed += 1
        for op in set(re.findall(r'"(top\.\w+)"', (folder / "top.mlir").read_text())) - {
            "top.Input",
            "top.Weight",
            "top.None",
        }:
            counts = ops.setdefault(op, [0, 0])
            counts[0] += 1
            counts[1] += not outcome.difference
    for op, (cases, good) in ops.items():
        for aspect in ("lower", "emit"):
            record(op, f"{aspect}_{mode.lower()}", cases, good)
        record(op, "tile", cases, good)
        record(op, "interpret", cases, good)
    assert not refused, f"{len(refused)} of {len(seeds)} refused; first: {refused[0]}"
    assert not different, f"{len(different)} of {len(seeds)} differ; first: {different[0]}"
    assert passed == len(seeds)


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_int8_is_exact(family: str, tmp_path: Path) -> None:
    _run(family, range(SEEDS), "INT8", 0, tmp_path)


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_int8_is_exact_in_little_local_memory(family: str, tmp_path: Path) -> None:
    _run(family, range(1000, 1000 + max(1, SEEDS // 4)), "INT8", SMALL_LMEM, tmp_path)


@pytest.mark.parametrize("family", F32_FAMILIES)
def test_f32_is_exact(family: str, tmp_path: Path) -> None:
    """The chip's F32 kernels run in one order in both, so even floats are equal."""
    _run(family, range(2000, 2000 + max(1, SEEDS // 4)), "F32", 0, tmp_path)
