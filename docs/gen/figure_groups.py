"""Figures of the layer groups: what grouping saves by layer, and how slices run through a group."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from figure_runs import Command, Run, Runs, short
from figure_style import AMBER, BLUE, GREY, INK, RED, SOFT, TEAL, Box, Writer, boxes, counted, figure, headline

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NETWORK = "yolov5s"


def _cost(run: Run) -> tuple[dict[str, float], dict[str, float]]:
    """By layer: cycles in which the TIU computes, and cycles of copies beside which it does not."""
    names = run.layers
    compute: dict[str, float] = dict.fromkeys(names, 0.0)
    copies = dict(compute)
    for c in run.tiu:
        if 0 <= c.layer < len(names):
            compute[names[c.layer]] += c.end - c.start
    for c in run.gdma:
        if 0 <= c.layer < len(names):
            copies[names[c.layer]] += run.uncovered(c)
    return compute, copies


def _block_ticks(axis: Axes, names: Sequence[str], along: str) -> None:
    """Ticks where the network's own blocks begin ('model.4' of 'model.4.cv1.conv'); some are left out for space."""
    starts: dict[str, int] = {}
    for index, name in enumerate(names):
        if match := re.match(r"\w+\.(\d+)", name):
            starts.setdefault(match[1], index)
    places, labels, last = [], [], -9
    for label, index in starts.items():
        places.append(index)
        labels.append(label if index - last >= 4 else "")
        last = index if index - last >= 4 else last
    getattr(axis, f"set_{along}ticks")(places, labels)


def cycles(writer: Writer, runs: Runs) -> None:
    """Cycles by layer, every op by itself above and in groups below, at the same scale."""
    one, two = runs.compiled(NETWORK, 1), runs.compiled(NETWORK, 2)
    names = two.layers
    fig, axes = figure(9.6, 5.6, 3, 1, sharex=True, height_ratios=[4, 4, 1.6])
    top = 0.0
    for axis, run in zip(axes, (one, two), strict=False):
        compute, copies = _cost(run)
        heights = [(i, compute.get(n, 0.0), copies.get(n, 0.0)) for i, n in enumerate(names)]
        boxes(axis, [(i + 0.1, i + 0.9, 0, a) for i, a, _ in heights], BLUE, "the TIU computes")
        boxes(axis, [(i + 0.1, i + 0.9, a, a + b) for i, a, b in heights], AMBER, "copies while the TIU waits")
        top = max(top, *(a + b for _, a, b in heights))
        megabytes = run.profile["summary"]["ddr"]["total_bytes"] / 1e6
        title = f"--opt {run.opt}: {run.cycles:,.0f} cycles, {megabytes:.1f} MB of DDR traffic"
        axis.set(title=title, ylabel="cycles")
        counted(axis.yaxis)
        axis.grid(True, axis="y")
    for axis in axes[:2]:
        axis.set_ylim(0, top * 1.05)
    axes[0].legend(loc="upper right")
    _group_strip(axes[2], two, names)
    axes[2].set_xlim(0, len(names))
    _block_ticks(axes[2], names, "x")
    axes[2].set_xlabel(f"{len(names)} layers in order; numbers: blocks of the network (model.0 to model.24)")
    title = f"{two.title}: cycles by layer"
    headline(fig, title)
    writer.save(fig, "groups-cycles", title)


def _group_strip(axis: Axes, run: Run, names: Sequence[str]) -> None:
    """Groups as boxes over their layers, as high as they have slices."""
    place = {name: i for i, name in enumerate(names)}
    plain: list[Box] = []
    sliced: list[Box] = []
    groups: list[dict[str, Any]] = run.groups["groups"] if run.groups else []
    for group in groups:
        where = [place[op] for op in group["ops"] if op in place]
        slices = group["slices"]["n"] * group["slices"]["h"]
        if where:
            (sliced if slices > 1 else plain).append((min(where) + 0.08, max(where) + 0.92, 0, slices))
            if slices > 1:
                axis.text(max(where) + 1.3, slices, f"{slices} slices", va="top", fontsize=8.5)
    boxes(axis, plain, GREY)
    boxes(axis, sliced, RED)
    axis.set(ylabel="slices", title=f"{len(groups)} groups, and in how many slices each runs")
    axis.set_ylim(0, max([3.0, *(b[3] for b in plain + sliced)]) * 1.05)


def _stays(commands: Sequence[Command]) -> list[tuple[int, float, float]]:
    """Where the TIU stays with a layer: layer, from, to. Pauses in between stay white."""
    stays: list[tuple[int, float, float]] = []
    for c in commands:
        if stays and stays[-1][0] == c.layer and c.start - stays[-1][2] < 50:
            stays[-1] = (c.layer, stays[-1][1], c.end)
        elif c.layer >= 0:
            stays.append((c.layer, c.start, c.end))
    return stays


def slices(writer: Writer, runs: Runs) -> None:
    """Which layer the TIU computes when: the whole run, and the group with most slices."""
    run = runs.compiled(NETWORK, 2)
    names = run.layers
    groups: list[dict[str, Any]] = run.groups["groups"] if run.groups else []
    largest = max(groups, key=lambda g: g["slices"]["n"] * g["slices"]["h"])
    count = largest["slices"]["n"] * largest["slices"]["h"]
    inside = [i for i, n in enumerate(names) if n in largest["ops"]]
    stays = _stays(run.tiu)
    fig, (left, right) = figure(9.6, 5.2, 1, 2, width_ratios=[1, 1.15])
    mine = [s for s in stays if s[0] in inside]
    other = [s for s in stays if s[0] not in inside]
    for members, colour in ((other, BLUE), (mine, RED)):
        boxes(left, [(a, b, layer - 0.3, layer + 1.3) for layer, a, b in members], colour)
    left.set(
        xlim=(0, run.cycles),
        ylim=(len(names), -1),
        xlabel="time, cycles",
        ylabel="layers in order; numbers: blocks of the network",
        title="the whole run",
    )
    _block_ticks(left, names, "y")
    counted(left.xaxis)
    begin, end = min(s[1] for s in mine), max(s[2] for s in mine)
    rows = {layer: row for row, layer in enumerate(inside)}
    boxes(right, [(a, b, rows[layer] - 0.36, rows[layer] + 0.36) for layer, a, b in mine], RED)
    moves = [
        (c.start, c.end, len(rows) - 0.36, len(rows) + 0.36) for c in run.gdma if c.moves == "load" and c.start < end
    ]
    boxes(right, moves, TEAL)
    right.set(
        xlim=(0, end * 1.01),
        ylim=(len(rows) + 0.6, -0.6),
        xlabel="time, cycles",
        title=f"the red group: {len(inside)} layers in {count} slices",
    )
    right.set_yticks(range(len(rows) + 1), [*(_role(names[i]) for i in inside), "loads"])
    counted(right.xaxis)
    right.grid(True, axis="x")
    right.tick_params(axis="y", length=0, labelcolor=INK)
    left.text(begin + (end - begin) * 1.08, min(inside) + 1, f"{count} slices", color=RED, va="center")
    left.grid(True, axis="both")
    left.tick_params(colors=SOFT)
    title = f"{run.title}, --opt 2: which layer computes when"
    headline(fig, title)
    writer.save(fig, "groups-slices", title)


def _role(name: str) -> str:
    """'model.2.cv1 Conv' of 'model.2.cv1.conv_Conv'."""
    if name.endswith("_unfold"):
        return f"{short(name.removesuffix('_unfold')).removesuffix('.conv')} unfold"
    base, _, kind = name.rpartition("_")
    return f"{base.removesuffix('.conv').removesuffix('.act')} {kind}" if base else name
