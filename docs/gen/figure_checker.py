"""Figures of the safety check: its time over the length of a stream, and who sees planted faults."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections import defaultdict
from pathlib import Path

from figure_runs import TITLES, Runs
from figure_style import (
    AMBER,
    BLUE,
    GREEN,
    GREY,
    INK,
    RED,
    TEAL,
    Writer,
    boxes,
    counted,
    figure,
    headline,
    label_points,
)
from figure_timing import VENDOR

REPEATS = (1, 3, 10, 30, 100)
MANY, FEW, SEED = 20, 8, 5  # faults of a kind in small networks and in those of `LARGE`
LARGE = ("resnet50", "yolov5s")


def repeated(text: str, times: int) -> str:
    """A stream of one command group several times over: each turn waits for the end of the one before."""
    head = [line for line in text.splitlines() if not line.startswith(("tiu ", "gdma "))]
    body = {
        e: [line.split(maxsplit=4) for line in text.splitlines() if line.startswith(f"{e} ")] for e in ("tiu", "gdma")
    }
    ends = {e: [lines.pop()] for e, lines in body.items()}  # the last command of each is the engine's end
    out = []
    for engine, other in (("tiu", "gdma"), ("gdma", "tiu")):
        mine, theirs = len(body[engine]), len(body[other])
        for turn in range(times):
            for place, (_, number, _, dep, rest) in enumerate(body[engine]):
                waits = int(dep) + turn * theirs if int(dep) or not place else 0
                out.append(f"{engine} {int(number) + turn * mine} dep {waits} {rest}")
        out += [f"{engine} {mine * times + 1} dep 0 {rest}" for _, _, _, _, rest in ends[engine]]
    return "\n".join([*head, *out]) + "\n"


def _seconds(model: Path) -> tuple[int, float]:
    """Commands, and the least CPU time of some checks."""
    import pymlir

    best = float("inf")
    commands = 0
    for _ in range(7):
        begin = time.process_time()  # of this process alone, whatever else the machine does
        report = pymlir.check_bmodel(str(model))
        best = min(best, time.process_time() - begin)
        # A stream that runs again writes its outputs over those of the turn before.
        if wrong := [finding for finding in report["findings"] if "read by nobody" not in finding]:
            raise SystemExit(f"figures: the check has findings in {model.name}: {wrong[0]}")
        commands = int(report["commands"])
    return commands, best


def cost(writer: Writer, runs: Runs) -> None:
    """Every bmodel at hand, and two of them repeated to long streams. Times are of the machine that drew the figure."""
    if not (tool := shutil.which("bmodel-tool")):
        print("figures: checker-cost.svg stays as it is: bmodel-tool is not on PATH")
        return
    series: dict[str, tuple[str, str, list[tuple[int, float]]]] = {}
    for opt, colour in ((1, GREY), (2, BLUE)):
        spots = [_seconds(runs.compiled(n, opt).model) for n in runs.networks()]
        series[f"networks, --opt {opt}"] = ("o", colour, spots)
    long = {"mobilenet_v2": runs.compiled("mobilenet_v2", 2).model} if "mobilenet_v2" in runs.networks() else {}
    if VENDOR.is_file():
        long["vendor's YOLOv5s"] = VENDOR
    for (name, model), colour in zip(long.items(), (TEAL, AMBER), strict=False):
        text = subprocess.run([tool, "dis", model], capture_output=True, text=True, check=True).stdout
        spots = []
        for times in REPEATS:
            stream, file = runs.work / "stream.txt", runs.work / "stream.bmodel"
            stream.write_text(repeated(text, times), encoding="utf-8")
            subprocess.run([tool, "asm", stream, model, "-o", file], check=True)
            spots.append(_seconds(file))
        series[f"{TITLES.get(name, name)}, repeated up to {REPEATS[-1]} times"] = ("o-", colour, spots)
    fig, axis = figure(9.6, 4.6)
    for label, (marker, colour, spots) in series.items():
        axis.plot(
            [n for n, _ in spots],
            [1000 * s for _, s in spots],
            marker,
            color=colour,
            label=label,
            markersize=5,
            linewidth=1,
        )
    axis.set(xscale="log", yscale="log", xlabel="commands of the stream", ylabel="CPU time of the check, ms")
    points = []
    for label, (_, _, spots) in series.items():
        commands, seconds = spots[-1]
        if "repeated" in label:
            points.append((commands, 1000 * seconds, f"{1e6 * seconds / commands:.0f} µs a command"))
        elif label.endswith("2"):
            points += [(n, 1000 * s, TITLES[net]) for net, (n, s) in zip(runs.networks(), spots, strict=True)]
    axis.grid(True)
    counted(axis.xaxis)
    counted(axis.yaxis)
    axis.legend(loc="upper left")
    axis.set_xlim(right=4 * max(n for _, _, spots in series.values() for n, _ in spots))
    label_points(axis, points, [(n, 1000 * s) for _, _, spots in series.values() for n, s in spots])
    title = "bmodels for bm1684x: time of the safety check against commands"
    headline(fig, title)
    writer.save(fig, "checker-cost", title)


def read_tally(text: str) -> dict[str, dict[str, int]]:
    """MutationRun's table by name of column: kinds of faults, and what became of them. Passes over other lines."""
    columns: list[str] = []
    rows: dict[str, dict[str, int]] = {}
    for line in text.splitlines():
        if line.startswith("fault "):
            # The last names may stand one space apart.
            names = r"planted|effective|by checker|noted only|by exactness|missed|blamed, harmless"
            columns = re.findall(rf"{names}|\S+(?: \S+)*", line[len("fault") :])
        elif columns and (match := re.fullmatch(r"(\S.*?)((?:\s+\d+){3,})\s*", line)):
            numbers = list(map(int, match[2].split()))
            if len(numbers) == len(columns):
                rows[match[1]] = dict(zip(columns, numbers, strict=True))
    return rows


def faults(writer: Writer, runs: Runs, build: Path) -> None:
    """Bars by kind of fault: of those that change the outputs, who saw them first."""
    tool = build / "unit/MutationRun"
    if not tool.is_file():
        print(f"figures: checker-faults.svg stays as it is: '{tool}' is not built")
        return
    total: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    networks = runs.networks()
    for network in networks:
        planted = FEW if network in LARGE else MANY
        command = [str(tool), str(runs.compiled(network, 2).model), str(planted), str(SEED)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        rows = read_tally(done.stdout)
        if not rows:
            raise SystemExit(f"figures: MutationRun printed no table for {network}: {done.stderr.strip()}")
        for kind, row in rows.items():
            for column, value in row.items():
                total[kind][column] += value
    _fault_bars(writer, total, len(networks))


def _fault_bars(writer: Writer, total: dict[str, dict[str, int]], networks: int) -> None:
    kinds = [k for k in total if k != "all"] + ["all"]
    parts = (
        ("the check's findings", GREEN),
        ("exactness, and a note of the check", AMBER),
        ("exactness only", BLUE),
        ("nobody", RED),
    )
    fig, axis = figure(9.6, 3.9)
    for row, kind in enumerate(kinds):
        t = total[kind]
        effective = max(1, t["effective"])
        noted = min(t["noted only"], t["by exactness"])
        left = 0.0
        for (_, colour), value in zip(
            parts, (t["by checker"], noted, t["by exactness"] - noted, t["missed"]), strict=True
        ):
            width = 100 * value / effective
            boxes(axis, [(left, left + width, row - 0.34, row + 0.34)], colour)
            if width > 3:
                axis.text(left + width / 2, row, str(value), ha="center", va="center", color="#ffffff", fontsize=8.5)
            left += width
        axis.text(101, row, f"{t['effective']} of {t['planted']}", va="center", color=INK)
    for label, colour in parts:
        boxes(axis, [(0, 0, 0, 0)], colour, label)
    axis.text(101, -0.85, "take effect", va="center", color=INK)
    axis.set_yticks(range(len(kinds)), kinds)
    axis.set(xlim=(0, 112), ylim=(len(kinds) - 0.4, -1.1), xlabel="faults that change what the network computes, %")
    axis.set_xticks(range(0, 101, 20))
    axis.spines["bottom"].set_bounds(0, 100)
    axis.tick_params(axis="y", length=0, labelcolor=INK)
    axis.legend(loc="upper center", bbox_to_anchor=(0.45, -0.16), ncol=4, title="seen by")
    title = f"{networks} networks INT8, bm1684x: planted faults, and who sees them"
    headline(fig, title)
    writer.save(fig, "checker-faults", title)
