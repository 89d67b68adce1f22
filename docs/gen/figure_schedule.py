"""The figure of the schedule: both engines over time, and how far ahead of their use weights are loaded."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

from figure_runs import Command, Run, Runs, short
from figure_style import AMBER, BLUE, GREEN, GREY, RED, SOFT, TEAL, VIOLET, Writer, boxes, counted, figure, headline

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NETWORK = "resnet50"
ZOOM = (0.132, 0.05)  # where the zoom begins and how long it is, in shares of the run
KINDS = {"convolution": BLUE, "requantisation": AMBER, "sums, copies": GREEN, "windows, other": VIOLET}
MOVES = {"load": TEAL, "store": RED, "copy": GREY}


@dataclass(frozen=True)
class Load:
    """A load of weights, and the first and last time that the TIU reads what it brought."""

    copy: Command
    name: str
    first: float
    last: float


def _kind(name: str) -> str:
    if name.startswith(("conv", "mm")):
        return "convolution"
    if name.startswith("quant"):
        return "requantisation"
    return "sums, copies" if name.startswith("arith") else "windows, other"


def _loads(run: Run) -> list[Load]:
    """Every load that brings weights, in order."""
    blocks = [b for b in run.blocks() if b["content"] == "weights"]
    names = {b["writer"]: short(b["name"]) for b in blocks}
    # The largest part of a blob says until when: bytes between its parts may be read for another's sake.
    last = {b["writer"]: b["to"] for b in sorted(blocks, key=lambda b: b["end"] - b["begin"])}
    reads = [(c, [a for a in run.accesses(c.index) if a.is_local and not a.writes]) for c in run.tiu]
    starts = [c.start for c in run.tiu]
    found = []
    for copy in run.gdma:
        if copy.index not in names:
            continue
        written = [a for a in run.accesses(copy.index) if a.writes]
        for c, accesses in reads[bisect_left(starts, copy.end) :]:
            if any(r.begin < w.begin + w.span and w.begin < r.begin + r.span for r in accesses for w in written):
                found.append(Load(copy, names[copy.index], c.start, last[copy.index]))
                break
    return found


def engines(writer: Writer, runs: Runs) -> None:
    run = runs.compiled(NETWORK, 2)
    loads = _loads(run)
    fig, (strips, ahead, zoom) = figure(9.6, 7.6, 3, 1, height_ratios=[1.3, 3.2, 1.7])
    _strips(strips, run, 0, run.cycles)
    busy = {e: 100 * run.profile["summary"][e]["utilisation"] for e in ("tiu", "gdma")}
    strips.set_title(
        f"the whole run, {run.cycles:,.0f} cycles: TIU busy {busy['tiu']:.1f} %, GDMA {busy['gdma']:.1f} %"
    )
    strips.set_xlim(0, run.cycles)
    strips.tick_params(labelbottom=False)
    strips.legend(loc="lower center", bbox_to_anchor=(0.5, -0.42), ncol=6, columnspacing=1.4)
    rows = range(len(loads))
    boxes(
        ahead,
        [(x.copy.end, x.first, i + 0.36, i + 0.64) for i, x in zip(rows, loads, strict=True)],
        "#dfe4ea",
        "in local memory, not used yet",
    )
    boxes(ahead, [(x.copy.start, x.copy.end, i, i + 1) for i, x in zip(rows, loads, strict=True)], TEAL, "loaded")
    boxes(ahead, [(x.first, x.last, i, i + 1) for i, x in zip(rows, loads, strict=True)], BLUE, "used by the TIU")
    start, length = (share * run.cycles for share in ZOOM)
    ahead.axvspan(start, start + length, color=AMBER, alpha=0.25, linewidth=0)
    ahead.set(
        xlim=(0, run.cycles),
        ylim=(len(loads), 0),
        ylabel="loads of weights, in order",
        xlabel="time, cycles",
        title="weights: from their load to their use",
    )
    furthest = max(range(len(loads)), key=lambda i: loads[i].first - loads[i].copy.end)
    x = loads[furthest]
    ahead.annotate(
        f"{x.name}: {(x.first - x.copy.end) / 1000:,.0f} k cycles ahead",
        (x.first, furthest + 0.5),
        (40, 30),
        textcoords="offset points",
        va="center",
        color=SOFT,
        arrowprops={"arrowstyle": "-", "color": SOFT, "linewidth": 0.6},
    )
    ahead.legend(loc="upper right")
    counted(ahead.xaxis)
    _strips(zoom, run, start, start + length)
    _names(zoom, run, loads, start, start + length)
    zoom.set(
        xlim=(start, start + length),
        xlabel="time, cycles",
        title="the yellow part: what is loaded while the TIU computes layers long before",
    )
    counted(zoom.xaxis)
    title = f"{run.title}, --opt 2: both engines over time"
    headline(fig, title)
    writer.save(fig, "schedule-engines", title)


def _strips(axis: Axes, run: Run, begin: float, end: float) -> None:
    """TIU above, loads and stores below."""
    for kind, colour in KINDS.items():
        mine = [c for c in run.tiu if _kind(c.name) == kind and c.end > begin and c.start < end]
        boxes(axis, [(max(begin, c.start), min(end, c.end), 2.15, 2.85) for c in mine], colour, kind)
    for level, (moves, colour) in zip((1, 0, 0), MOVES.items(), strict=True):
        mine = [c for c in run.gdma if c.moves == moves and c.end - c.start > 20 and c.end > begin and c.start < end]
        box = [(max(begin, c.start), min(end, c.end), level + 0.15, level + 0.85) for c in mine]
        boxes(axis, box, colour, {"load": "load", "store": "store"}.get(moves, "copy"))
    axis.set_ylim(-0.1, 3)
    axis.set_yticks([0.5, 1.5, 2.5], ["GDMA stores", "GDMA loads", "TIU"])
    axis.tick_params(axis="y", length=0)


def _names(axis: Axes, run: Run, loads: list[Load], begin: float, end: float) -> None:
    """Over the zoom: which layer the TIU computes, which layer's weights are loaded and how long before their use."""
    names = run.layers
    spans: dict[int, tuple[float, float]] = {}
    for c in run.tiu:
        if c.end > begin and c.start < end and c.layer >= 0:
            low, high = spans.get(c.layer, (c.start, c.end))
            spans[c.layer] = (min(low, c.start), max(high, c.end))
    for layer, (low, high) in spans.items():
        _label(axis, max(low, begin), min(high, end), 2.95, short(names[layer]), begin, end)
        axis.plot([low, low], [2.1, 3.4], color=SOFT, linewidth=0.5)
    for x in loads:
        low, high = max(x.copy.start, begin), min(x.copy.end, end)
        _label(
            axis, low, high, 0.95, f"{x.name}\nused in {(x.first - x.copy.end) / 1000:.0f} k cycles", begin, end, "top"
        )
        axis.plot([low, low], [0.3, 1.9], color=SOFT, linewidth=0.5)
    axis.set_ylim(0.1, 3.6)
    axis.set_yticks([1.5, 2.5], ["GDMA loads", "TIU"])


def _label(
    axis: Axes, low: float, high: float, y: float, text: str, begin: float, end: float, va: str = "bottom"
) -> None:
    """In the middle of its span, if that is wide enough for it."""
    letters = max(map(len, text.split("\n")))
    if (high - low) / (end - begin) * 130 > letters:
        axis.text((low + high) / 2, y, text, ha="center", va=va, fontsize=8, clip_on=True)
