"""Interpreter == simulator, in every bit, and a clean safety check, on random networks with layer groups.

A failure prints the case; `python test/Ops/harness.py graph <seed> <folder> [mode] [lmem]` runs it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from graphs import graph, graph_large, graph_wide, view_after
from harness import MODES, Build, run_case
from tokens import tokens

SEEDS = int(os.environ.get("TPU_MLIR_SEEDS", "50"))
LARGE_SEEDS = int(os.environ.get("TPU_MLIR_LARGE_SEEDS", "20"))
MEMORIES = (64 * 1024, 128 * 1024, 0)  # bytes per lane; 0: all 256 KiB


def _run(seeds: range, folder: Path, build: Build = graph) -> None:
    """Local memory of each size in turn, and each number format."""
    wrong, shared = [], 0
    for seed in seeds:
        lmem, mode = MEMORIES[seed % 3], MODES[seed % 5]
        case = f"seed {seed} {mode} lmem {lmem}"
        try:
            outcome = run_case(build, seed, folder, mode, lmem, quant_io=bool(seed % 2))
        except Exception as error:
            wrong.append(f"{case}: {error}")
            continue
        assert outcome.compared == outcome.expected > 0
        if problem := outcome.difference:
            wrong.append(f"{case}: {problem}")
        ids = re.findall(r"#tpu.group<id = (\d+)", (folder / "final.mlir").read_text())
        shared += len(set(ids)) < len(ids)
    assert not wrong, f"{len(wrong)} of {len(seeds)} are wrong:\n" + "\n".join(wrong)
    assert shared > len(seeds) // 2, f"only {shared} of {len(seeds)} networks had a group of several ops"


def test_groups_are_exact_and_safe(tmp_path: Path) -> None:
    _run(range(SEEDS), tmp_path)


def test_rows_of_features_are_exact_and_safe(tmp_path: Path) -> None:
    _run(range(SEEDS), tmp_path, tokens)


def test_rows_that_fill_memory_are_exact_and_safe(tmp_path: Path) -> None:
    _run(range(SEEDS), tmp_path, graph_wide)


def test_large_networks_are_exact_and_safe(tmp_path: Path) -> None:
    """35 to 60 ops: more values than the tables of small networks hold."""
    _run(range(LARGE_SEEDS), tmp_path, graph_large)


@pytest.mark.parametrize("pools", [46, 94])
def test_a_view_is_exact_where_the_table_of_values_grows(tmp_path: Path, pools: int) -> None:
    outcome = run_case(view_after(pools), 1, tmp_path, "F32")
    assert outcome.compared == outcome.expected > pools and outcome.difference is None, outcome.difference


@pytest.mark.slow
def test_more_groups_are_exact_and_safe(tmp_path: Path) -> None:
    _run(range(1000, 1500), tmp_path)
    _run(range(2000, 2500), tmp_path, tokens)
    _run(range(3000, 3500), tmp_path, graph_wide)
    _run(range(4000, 4200), tmp_path, graph_large)
