"""Figures of memory: a lane over time, and the arena of global memory."""

from __future__ import annotations

from collections.abc import Iterable

from figure_runs import Runs, tensors_of
from figure_style import AMBER, BLUE, GREEN, GREY, RED, SOFT, Box, Writer, boxes, counted, figure, headline

LOCAL, GLOBAL = "resnet50", "yolov5s"
CONTENTS = {
    "weights": ("weights", AMBER),
    "loaded": ("other loaded values", BLUE),
    "result": ("results of layers", GREEN),
    "scratch": ("scratch", GREY),
}


def local(writer: Writer, runs: Runs) -> None:
    """What lies where in lane 0, from when to when."""
    run = runs.compiled(LOCAL, 2)
    chip = run.profile["chip"]
    fig, axis = figure(9.6, 5.4)
    mine = [b for b in run.blocks() if b["lane_begin"] <= 0 < b["lane_end"]]
    for content, (label, colour) in CONTENTS.items():
        rectangles: list[Box] = [
            (b["from"], b["to"], b["begin"] / 1024, b["end"] / 1024) for b in mine if b["content"] == content
        ]
        boxes(axis, rectangles, colour, label, linewidth=0.3, edgecolor="#ffffff")
    kib, banks = chip["lane_bytes"] / 1024, chip["banks"]
    axis.set(xlim=(0, run.cycles), ylim=(0, kib), xlabel="time, cycles", ylabel="address in the lane, KiB")
    axis.set_yticks([kib / banks * i for i in range(0, banks + 1, 2)])
    axis.set_yticks([kib / banks * i for i in range(banks + 1)], minor=True)
    axis.grid(True, axis="y", which="both")
    counted(axis.xaxis)
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncol=4)
    title = f"{run.title}, --opt 2: local memory of lane 0 (lines: its {banks} banks)"
    headline(fig, title)
    writer.save(fig, "memory-local", title)


def covered(tensors: Iterable[dict[str, int]]) -> int:
    """Bytes of their places; what lies inside another counts once."""
    total = end = 0
    for address, size in sorted((t["address"], t["bytes"]) for t in tensors):
        total += max(0, address + size - max(end, address))
        end = max(end, address + size)
    return total


def arena(writer: Writer, runs: Runs) -> None:
    """Places of tensors in global memory where every op stands by itself, against the bytes that live."""
    run = runs.compiled(GLOBAL, 1)
    assert run.neuron_map is not None
    tensors = tensors_of(run.neuron_map)
    base = min(t["address"] for t in tensors)
    steps = max(t["last"] for t in tensors) + 1
    live = [covered(t for t in tensors if t["first"] <= s <= t["last"]) / 1e6 for s in range(steps)]
    size = max(t["address"] - base + t["bytes"] for t in tensors) / 1e6
    fig, axis = figure(9.6, 4.8)
    for outside, (label, colour) in enumerate((("tensors", "#8fb0da"), ("inputs and outputs of the network", AMBER))):
        rectangles: list[Box] = [
            (t["first"], t["last"] + 1, (t["address"] - base) / 1e6, (t["address"] - base + t["bytes"]) / 1e6)
            for t in tensors
            if t["outside"] == outside
        ]
        boxes(axis, rectangles, colour, label, linewidth=0.6, edgecolor="#ffffff")
    axis.stairs(live, range(steps + 1), color=RED, linewidth=1.3, baseline=None, label="bytes that live")
    axis.axhline(size, color=SOFT, linewidth=0.8, linestyle="--")
    axis.text(steps, size, f"arena {size:.2f} MB, most that lives at once {max(live):.2f} MB", ha="right", va="bottom")
    together = sum(t["bytes"] for t in tensors) / 1e6
    axis.set(
        xlim=(0, steps),
        ylim=(0, size * 1.08),
        xlabel="works of the schedule, in order",
        ylabel="address in the arena, MB",
    )
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncol=3)
    title = f"{run.title}, --opt 1: the arena of {len(tensors)} tensors ({together:.0f} MB together)"
    headline(fig, title)
    writer.save(fig, "memory-arena", title)
