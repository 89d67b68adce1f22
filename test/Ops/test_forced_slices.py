"""Interpreter == simulator, in every bit, whatever slices and groups a user forces.

Groups of random networks are joined with their neighbours and cut into random slices of batches, rows and columns
through a group file. What cannot be is one sentence; what can be is exact and safe.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pymlir
import pytest
from graphs import graph, graph_wide
from harness import Build, Net, compare, compile_net, unsafe
from tokens import tokens

SEEDS = int(os.environ.get("TPU_MLIR_SEEDS", "50"))
MEMORIES = (64 * 1024, 128 * 1024, 0)  # bytes per lane; 0: all 256 KiB
_SENTENCES = (
    "use more slices, store more, or leave the op alone", "slices", "in another shape", "order puts", "run layer-group",
)  # fmt: skip


def _compile(folder: Path, lmem: int, option: str) -> None:
    passes = (
        "strip-io-quant{quant_input=false quant_output=false},processor-tpu-optimize,weight-reorder,subnet-divide,"
        f"op-reorder,layer-group{{lmem={lmem} opt=2 {option}}},address-assign,"
        f"codegen{{model_file={folder / 'net.bmodel'}}}"
    )
    pymlir.run_passes(str(folder / "tpu.mlir"), str(folder / "final.mlir"), f"builtin.module({passes})", None)


def _change(plan: dict[str, Any], rng: np.random.Generator) -> None:
    """Joins groups and cuts them anew, in place."""
    groups: list[dict[str, Any]] = []
    for group in plan["groups"]:
        last = groups[-1] if groups else None
        if last and "alone" not in last and "alone" not in group and rng.integers(3) == 0:
            for key in ("ops", "joined", "stored"):
                last[key] += group[key]
        else:
            groups.append(group)
    for group in groups:
        if "alone" in group or rng.integers(3):
            continue
        # What has one slice may have no more; the batch is often 1.
        group["slices"] = {"n": 1, "h": int(rng.choice([1, 1, 2, 3])), "w": int(rng.choice([1, 2, 3, 7]))}
        group["keeps_weights"] = bool(rng.integers(2))
        if rng.integers(3) == 0:
            group["stored"] = group["ops"]
    plan["groups"] = groups


def _forced(build: Build, seed: int, lmem: int, folder: Path) -> tuple[str, str]:
    """What is wrong, and `w` or `run` where the forced plan ran, with slices of columns or without."""
    try:
        net: Net = compile_net(build, seed, folder, lmem=lmem)
    except Exception as error:  # products of products of products leave every format's range
        return "" if "gives no scale" in str(error) else str(error), "refused"
    file = folder / "groups.json"
    _compile(folder, lmem, f"dump-groups={file}")
    rng = np.random.default_rng(seed)
    plan = json.loads(file.read_text())
    _change(plan, rng)
    file.write_text(json.dumps(plan))
    try:
        _compile(folder, lmem, f"use-groups={file}")
    except Exception as error:
        known = any(s in str(error) for s in _SENTENCES)
        return "" if known else str(error), "refused"
    outcome = compare(folder, net.inputs)
    assert outcome.compared == outcome.expected > 0
    columns = any(g.get("slices", {}).get("w", 1) > 1 for g in plan["groups"])
    return outcome.difference or unsafe(folder), "w" if columns else "run"


def _run(seeds: range, folder: Path) -> None:
    wrong: list[str] = []
    seen = {"w": 0, "run": 0, "refused": 0}
    for seed in seeds:
        build, lmem = (graph, tokens, graph_wide)[seed % 3], MEMORIES[seed // 3 % 3]
        problem, what = _forced(build, seed, lmem, folder)
        seen[what] += 1
        if problem:
            wrong.append(f"{build.__name__} seed {seed} lmem {lmem}: {problem}")
    assert not wrong, f"{len(wrong)} of {len(seeds)} are wrong:\n" + "\n".join(wrong)
    assert seen["w"] > len(seeds) // 8, f"few plans ran with slices of columns: {seen}"


def test_forced_slices_are_exact_and_safe(tmp_path: Path) -> None:
    _run(range(SEEDS), tmp_path)


@pytest.mark.slow
def test_more_forced_slices_are_exact_and_safe(tmp_path: Path) -> None:
    _run(range(1000, 1500), tmp_path)
