"""The timing model: against silicon, and what its tools say."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

import timing_vs_silicon as silicon  # noqa: E402

TOOL = "tpuc-cost"


def cost(arguments: list[str], lines: str = "") -> subprocess.CompletedProcess[str]:
    if not shutil.which(TOOL):
        pytest.skip(f"{TOOL} is not on PATH")
    return subprocess.run([TOOL, *arguments], input=lines, capture_output=True, text=True, check=False)


def test_model_reproduces_silicon() -> None:
    if not silicon.RECORDS.exists():
        pytest.skip(f"{silicon.RECORDS} is not there")
    if not shutil.which(TOOL):
        pytest.skip(f"{TOOL} is not on PATH")
    records, fits, verdict = silicon.judge(TOOL, silicon.RECORDS)
    text = silicon.report(records, fits, verdict, 10)
    # The last copy of the file belongs to another frame.
    assert len(records) == 305 + 166, text
    assert verdict.tiu_median <= 0.03, text
    assert verdict.tiu_within_10 >= 0.90, text
    assert abs(verdict.tiu_total - 1) <= 0.05, text
    assert abs(verdict.gdma_total - 1) <= 0.10, text


def test_the_chip_file_holds_what_the_records_say() -> None:
    """The frozen constants, not refitted ones, stay within the same bounds."""
    if not silicon.RECORDS.exists():
        pytest.skip(f"{silicon.RECORDS} is not there")
    if not shutil.which(TOOL):
        pytest.skip(f"{TOOL} is not on PATH")
    tiu = [r for r in silicon.read(silicon.RECORDS) if r.engine == "TIU"]
    cycles = silicon.price(TOOL, tiu, {})
    errors = sorted(abs(c / r.cycles - 1) for c, r in zip(cycles, tiu, strict=True))
    assert errors[len(errors) // 2] <= 0.03
    assert errors[int(0.9 * len(errors))] <= 0.10
    assert abs(sum(cycles) / sum(r.cycles for r in tiu) - 1) <= 0.05


def test_cost_tool_prices_lines() -> None:
    done = cost(
        ["bm1684x", "--set", "conv_cycles=0", "--set=conv_cycles_per_group=0"], "conv 1 64 64 4 4 3 3 1\n\nsystem\n"
    )
    assert (done.returncode, done.stdout) == (0, "36.000000\n5.000000\n"), done.stderr


@pytest.mark.parametrize(
    ("arguments", "lines", "sentence"),
    [
        ([], "", "no chip given; tpuc-cost --help shows how"),
        (["bm1688", "bm1684x"], "", "two chips given: 'bm1688' and 'bm1684x'"),
        (["bm1690"], "", "known chip 'bm1690' has no rules yet; built: bm1684x, bm1688"),
        (["bm1684x", "--set", "x"], "", "option --set needs NAME=VALUE, found 'x'"),
        (["bm1684x", "--set", "x=1"], "", "unknown constant 'x'; tpuc-cost CHIP --constants lists them"),
        (["bm1684x"], "sort 1\n", "line 1: unknown operation 'sort'; tpuc-cost --help lists them"),
        (["bm1684x"], "system\nload 1\n", "line 2: 'load' takes 2 numbers, found 1"),
        (["bm1684x"], "load 1 -2\n", "line 1: '-2' is no number from 0 on"),
    ],
)
def test_cost_tool_names_mistakes(arguments: list[str], lines: str, sentence: str) -> None:
    done = cost(arguments, lines)
    assert (done.returncode, done.stderr) == (1, f"tpuc-cost: error: {sentence}\n")
