"""The timing model: against silicon, and what its tools say."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
from pathlib import Path

import pytest
import timing_vs_silicon as silicon

ROOT = Path(__file__).resolve().parents[2]

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
    assert (done.returncode, done.stderr) == (1, f"error: {sentence}\n")


GOLDEN = ROOT.parent / "shared/golden/yolov5s_bm1684x_int8_sym.bmodel"


def simulate(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    if not shutil.which("tpuc-sim"):
        pytest.skip("tpuc-sim is not on PATH")
    return subprocess.run(["tpuc-sim", *arguments], capture_output=True, text=True, check=False)


def test_timing_only_writes_summary_trace_and_ranges(tmp_path: Path) -> None:
    if not GOLDEN.exists():
        pytest.skip(f"{GOLDEN} is not there")
    summary, trace = tmp_path / "summary.json", tmp_path / "trace.json"
    done = simulate([str(GOLDEN), "--timing-only", "--vary", "--summary", str(summary), "--trace", str(trace)])
    assert done.returncode == 0, done.stderr
    figures = json.loads(summary.read_text())
    assert 1.33 <= figures["milliseconds"] <= 1.75
    assert f"{figures['cycles']:.0f} (" in done.stdout
    assert figures["ddr"]["lower_bound_bytes"] == sum(
        figures["ddr"][key] for key in ("weight_bytes", "input_bytes", "output_bytes")
    )
    assert figures["roofline"]["cycles"] <= figures["cycles"]
    ends = {(row["constant"], row["end"]): row["to_nominal"] for row in figures["vary"]}
    assert ends["gather", "high"] > 1 >= ends["gather", "low"]
    assert ends["gdma bandwidth", "low"] > 1 >= ends["gdma bandwidth", "high"]
    events = [e for e in json.loads(trace.read_text())["traceEvents"] if e["ph"] == "X"]
    assert len(events) == 430 + 142
    for engine in (0, 1):
        mine = sorted((e["ts"], e["ts"] + e["dur"]) for e in events if e["tid"] == engine)
        assert all(a[1] <= b[0] + 1e-9 for a, b in itertools.pairwise(mine)), "an engine does two things"
    assert max(e["ts"] + e["dur"] for e in events) == pytest.approx(figures["milliseconds"] * 1000)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--vary", "--timing"], "--summary, --layers, --trace, --vary, --fp32-io and --repeat go with --timing-only"),
        (["--timing-only", "-i", "x.npz"], "--timing-only computes no tensors, so it goes with no input and no output"),
    ],
)
def test_timing_only_names_mistakes(arguments: list[str], sentence: str) -> None:
    done = simulate(["m.bmodel", *arguments])
    assert (done.returncode, done.stderr) == (1, f"error: {sentence}\n")


def test_layers_need_a_table(tmp_path: Path) -> None:
    if not GOLDEN.exists():
        pytest.skip(f"{GOLDEN} is not there")
    done = simulate([str(GOLDEN), "--timing-only", "--layers", str(tmp_path / "layers.csv")])
    assert (done.returncode, done.stderr) == (
        1,
        f"error: '{GOLDEN}' has no tensor table, so its commands belong to no layer\n",
    )
