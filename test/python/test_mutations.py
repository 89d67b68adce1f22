"""Faults planted into real bmodels: the safety check or the exact comparison sees those that change results."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, needs_core
from test_bmodel_tool import build_folder
from test_deploy import arguments, digits, run

import run_model

__all__ = ["digits"]  # the fixture
CONFIG = yaml.safe_load((ROOT / "regression" / "models.yaml").read_text(encoding="utf-8"))
GOLDEN = ROOT.parent / "shared" / "golden" / "yolov5s_bm1684x_int8_sym.bmodel"
KINDS = ("dependency lowered", "address moved by a row", "buffers overlapped", "wrong stride", "missing load")
COLUMNS = ("planted", "effective", "blamed", "noted", "exactness", "missed", "harmless")
SEEDS = range(2001, 2011)  # the rules were found with others


def plant(model: Path, count: int, seed: int = 7) -> subprocess.CompletedProcess[str]:
    tool = build_folder() / "unit/MutationRun"
    if not tool.exists():
        pytest.skip(f"MutationRun is not built in {build_folder()}")
    result = subprocess.run([str(tool), str(model), str(count), str(seed)], capture_output=True, text=True, check=False)
    assert "blamed although sound" not in result.stdout and result.returncode in (0, 2), result.stdout + result.stderr
    return result


def tally(text: str) -> dict[str, Counter[str]]:
    """MutationRun's table: numbers by kind of fault."""
    rows = {}
    for line in text.splitlines():
        if match := re.fullmatch(r"(\S.*?)((?:\s+\d+){7})", line):
            rows[match[1]] = Counter(dict(zip(COLUMNS, map(int, match[2].split()), strict=True)))
    return rows


def table(pooled: dict[str, Counter[str]]) -> str:
    lines = [f"{'fault':24} {'planted':>8} {'blamed/effective':>18} {'harmless, blamed':>17}"]
    for kind, row in pooled.items():
        share = f"{row['blamed']}/{row['effective']}"
        lines.append(f"{kind:24} {row['planted']:8} {share:>18} {row['harmless']:17}")
    return "\n".join(lines)


def compile_both_borders(lowered: Path, folder: Path) -> list[Path]:
    """With floats at the border of the network, and with its own 8-bit formats."""
    import pymlir

    made = []
    for io in ("false", "true"):
        made.append(folder / f"{lowered.stem}_{io}.bmodel")
        passes = (
            f"strip-io-quant{{quant_input={io} quant_output={io}}},processor-tpu-optimize,weight-reorder,subnet-divide,"
            f"op-reorder,layer-group{{opt=2}},address-assign,codegen{{model_file={made[-1]}}}"
        )
        pymlir.run_passes(str(lowered), str(folder / "final.mlir"), f"builtin.module({passes})", None)
    return made


@needs_core
def test_faults_in_the_demo_are_seen(digits: Path, tmp_path: Path) -> None:
    assert run(*arguments(digits, tmp_path)) == 0
    result = plant(tmp_path / "digits.bmodel", 20)
    print(result.stdout)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.slow
@needs_core
def test_faults_of_every_kind_are_blamed_in_networks(tmp_path: Path) -> None:
    """99 of 100 of each kind, over all networks, ten seeds and both borders."""
    pooled: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    ran = 0
    for name, entry in CONFIG["models"].items():
        try:
            run_model.run_network(name, entry, CONFIG["chip"], tmp_path, "INT8")
        except run_model.Skipped:
            continue
        ran += 1
        (lowered,) = (tmp_path / name).glob("*int8*_tpu.mlir")
        for model in compile_both_borders(lowered, tmp_path / name):
            for seed in SEEDS:
                for kind, row in tally(plant(model, 2, seed).stdout).items():
                    if kind in pooled:
                        pooled[kind] += row
    if not ran:
        pytest.skip("no network of models.yaml is here")
    print(table(pooled))
    for kind, row in pooled.items():
        assert row["effective"] > 0, kind
        assert row["blamed"] >= 0.99 * row["effective"], table(pooled)


@pytest.mark.slow
def test_faults_in_the_vendor_made_stream_are_seen() -> None:
    if not GOLDEN.exists():
        pytest.skip("the vendor-made bmodel (../shared/golden) is not here")
    result = plant(GOLDEN, 20)
    assert result.returncode == 0, result.stdout + result.stderr
