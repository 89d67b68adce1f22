"""Figures of the timing model: against records of silicon, and the networks under the roofline."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

from figure_runs import CHIP, TITLES, Runs
from figure_style import (
    AMBER,
    BLUE,
    GREEN,
    GREY,
    RED,
    SOFT,
    TEAL,
    VIOLET,
    Writer,
    between,
    counted,
    figure,
    headline,
    label_points,
)

ROOT = Path(__file__).resolve().parents[2]
RECORDS = ROOT.parent / "shared/golden/bm1688_resnet50_int8_pmu.csv"
VENDOR = ROOT.parent / "shared/golden/yolov5s_bm1684x_int8_sym.bmodel"
KINDS = {
    "conv": ("convolution", BLUE),
    "element": ("element-wise, requantisation", AMBER),
    "pool": ("pooling", GREEN),
    "matrix": ("matrix product", RED),
    "system": ("system", GREY),
}


def silicon(writer: Writer) -> None:
    """Modelled against measured cycles. The drawing is all that is kept of the records."""
    if not RECORDS.is_file():
        print("figures: timing-silicon.svg stays as it is: the records of silicon are not here")
        return
    if not (tool := shutil.which("tpuc-cost")):
        print("figures: timing-silicon.svg stays as it is: tpuc-cost is not on PATH")
        return
    from timing_vs_silicon import judge

    records, _, verdict = judge(tool, RECORDS)
    fig, (left, right) = figure(9.6, 4.9, 1, 2)
    panels = {
        left: [(*KINDS[k], [r for r in records if r.engine == "TIU" and r.kind == k]) for k in KINDS],
        right: [
            (f"copies, core {core}", colour, [r for r in records if r.engine == "GDMA" and r.core == core])
            for core, colour in ((0, TEAL), (1, VIOLET))
        ],
    }
    for axis, series in panels.items():
        low = min(r.cycles for _, _, members in series for r in members) / 1.6
        high = max(r.cycles for _, _, members in series for r in members) * 1.6
        axis.fill_between([low, high], [low * 0.9, high * 0.9], [low * 1.1, high * 1.1], color="#dde3ea", linewidth=0)
        axis.plot([low, high], [low, high], color=SOFT, linewidth=0.6)
        for label, colour, members in series:
            # Equal commands take equal cycles: one point for all that would be drawn into one.
            spots = sorted({(float(f"{r.cycles:.2g}"), float(f"{r.cycles:.2g}") * r.model / r.cycles) for r in members})
            spots = sorted({(x, float(f"{y:.3g}")) for x, y in spots})
            axis.plot(
                [x for x, _ in spots],
                [y for _, y in spots],
                "o",
                color=colour,
                markersize=4.5,
                alpha=0.8,
                markeredgewidth=0,
                label=f"{label}, {len(members)}",
            )
        axis.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high), aspect="equal")
        axis.grid(True)
        counted(axis.xaxis)
        counted(axis.yaxis)
        axis.legend(loc="upper left", title="grey band: within 10 %", alignment="left")
    numbers = {engine: sum(r.engine == engine for r in records) for engine in ("TIU", "GDMA")}
    left.set_title(f"TIU, {numbers['TIU']} commands, median error {100 * verdict.tiu_median:.1f} %")
    right.set_title(f"GDMA, {numbers['GDMA']} copies, total {verdict.gdma_total:.3f} of the measured")
    for axis, engine in ((left, "TIU"), (right, "GDMA")):
        axis.set(xlabel=f"measured, {engine} cycles", ylabel=f"modelled, {engine} cycles")
    title = "ResNet-50 INT8, bm1688 silicon: modelled against measured cycles"
    headline(fig, title)
    writer.save(fig, "timing-silicon", title)


def roofline(writer: Writer, runs: Runs) -> None:
    """Every network at `--opt 1` and at `--opt 2` under what the array and the memory can do."""
    import pymlir

    fig, axis = figure(9.6, 5.2)
    points: list[tuple[float, float, str]] = []
    taken: list[tuple[float, float]] = []

    def spot(summary: dict[str, dict[str, float]]) -> tuple[float, float]:
        return summary["roofline"]["macs_per_byte"], summary["macs"]["total"] / float(str(summary["cycles"]))

    for network in runs.networks():
        before, after = (spot(runs.compiled(network, opt).profile["summary"]) for opt in (1, 2))
        axis.annotate("", after, before, arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.8})
        axis.plot(*before, "o", color="#ffffff", markeredgecolor=BLUE, markersize=6)
        axis.plot(*after, "o", color=BLUE, markersize=6.5)
        points.append((*after, TITLES[network]))
        taken += between(before, after)
    if VENDOR.is_file():
        vendor = spot(json.loads(pymlir.profile_bmodel(str(VENDOR)))["summary"])
        axis.plot(*vendor, "D", color=AMBER, markersize=6)
        points.append((*vendor, "YOLOv5s, vendor's"))
        taken.append(vendor)
    chip = runs.compiled(runs.networks()[0], 2).profile["chip"]
    peak, rate = chip["macs_per_cycle"]["8"], chip["ddr_read_bytes_per_cycle"]
    low, high = 10**-0.3 * min(x for x, _ in taken), 4 * max(x for x, _ in taken)
    bottom = min(y for _, y in taken) / 3
    axis.plot([low, peak / rate, high], [low * rate, peak, peak], color=RED, linewidth=1.4)
    axis.set(
        xscale="log",
        yscale="log",
        xlim=(low, high),
        ylim=(bottom, peak * 2.2),
        xlabel="MACs per byte of DDR traffic",
        ylabel="MACs per cycle, over the whole run",
    )
    axis.grid(True)
    counted(axis.xaxis)
    counted(axis.yaxis)
    axis.plot([], [], "o", color="#ffffff", markeredgecolor=BLUE, label="--opt 1")
    axis.plot([], [], "o", color=BLUE, label="--opt 2")
    if VENDOR.is_file():
        axis.plot([], [], "D", color=AMBER, label="compiled by the vendor")
    axis.legend(loc="lower right")
    axis.annotate(
        f"MAC array, {peak:,} a cycle", (high, peak), (-4, 4), textcoords="offset points", ha="right", color=RED
    )
    title = f"Networks INT8 under the roofline of {CHIP}"
    headline(fig, title)
    fig.canvas.draw()
    slope = axis.transData.transform([(low, low * rate), (peak / rate, peak)])
    angle = math.degrees(math.atan2(slope[1][1] - slope[0][1], slope[1][0] - slope[0][0]))
    x = max(low, bottom / rate) * 1.8
    axis.annotate(
        f"DDR, {rate:g} bytes a cycle",
        (x, x * rate),
        (-2, 6),
        textcoords="offset points",
        color=RED,
        rotation=angle,
        rotation_mode="anchor",
    )
    roof = [*between((low, low * rate), (peak / rate, peak)), *between((peak / rate, peak), (high, peak))]
    label_points(axis, points, taken + roof)
    writer.save(fig, "timing-roofline", title)
