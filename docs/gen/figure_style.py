"""How all figures look, and how one becomes an SVG file. Knows nothing of what they show.

Text stays text; the background is opaque, so that a page may be light or dark; the same figure gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TARGET = Path(__file__).resolve().parents[1] / "design/figures"
LIMIT = 150_000  # bytes of a file
INK, SOFT, LINE = "#24292f", "#59636e", "#d5dae0"
BLUE, GREEN, AMBER, RED, VIOLET, TEAL, GREY = (
    "#3b6fb6",
    "#4c9a62",
    "#d9962b",
    "#b5483f",
    "#7c62a8",
    "#3d9a9c",
    "#a9b0b8",
)

STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "tpu-mlir",
    "path.simplify": False,
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "axes.labelcolor": SOFT,
    "axes.edgecolor": SOFT,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": False,
    "grid.color": LINE,
    "grid.linewidth": 0.5,
    "text.color": INK,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.edgecolor": "none",
    "legend.facecolor": "#ffffff",
    "legend.framealpha": 0.85,
    "legend.fontsize": 8.5,
    "legend.handlelength": 1.2,
    "figure.facecolor": "#ffffff",
    "figure.constrained_layout.use": True,
    "savefig.facecolor": "#ffffff",
}

Box = tuple[float, float, float, float]  # left, right, bottom, top


@dataclass(frozen=True)
class Writer:
    """Where figures go. `png`: a folder for bitmaps to look at, or None."""

    png: Path | None = None

    def save(self, figure: Figure, name: str, title: str) -> None:
        import matplotlib.pyplot as plt

        TARGET.mkdir(parents=True, exist_ok=True)
        path = TARGET / f"{name}.svg"
        figure.savefig(path, metadata={"Date": None, "Creator": None, "Title": title})
        path.write_text(_tidy(path.read_text(encoding="utf-8")), encoding="utf-8")
        if self.png is not None:
            figure.savefig(self.png / f"{name}.png", dpi=130)
        plt.close(figure)
        size = path.stat().st_size
        if size > LIMIT:
            raise SystemExit(f"figures: {path.name} has {size} bytes, more than {LIMIT}")
        print(f"figures: {path.name}, {size} bytes", flush=True)


def _tidy(svg: str) -> str:
    """Coordinates to a hundredth of a point, no spaces at line ends, similar letters where ours are missing."""

    def rounded(match: re.Match[str]) -> str:
        return re.sub(r"-?\d+\.\d+", lambda m: f"{float(m[0]):.2f}".rstrip("0").rstrip("."), match[0])

    svg = re.sub(r'\b(?:d|x|y)="[^"]*"', rounded, svg, flags=re.S)
    svg = svg.replace("'DejaVu Sans'", "'DejaVu Sans', Verdana, sans-serif")
    return re.sub(r"[ \t]+$", "", svg, flags=re.M)


def figure(width: float, height: float, rows: int = 1, columns: int = 1, **grid: Any) -> tuple[Figure, Any]:
    """A figure and its axes, in inches."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    plt.rcdefaults()
    plt.style.use(STYLE)

    return plt.subplots(rows, columns, figsize=(width, height), **grid)


def headline(fig: Figure, text: str) -> None:
    """What is shown: network, chip, quantity."""
    fig.suptitle(text, x=0.01, ha="left", fontsize=11, fontweight="bold")


def boxes(axis: Axes, rectangles: Iterable[Box], colour: str, label: str = "", **style: Any) -> None:
    """Many rectangles as one path, which keeps the file small."""
    import numpy as np
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Outline

    corners: list[tuple[float, float]] = []
    for left, right, bottom, top in rectangles:
        corners += [(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]
    if not corners:
        return
    codes = [Outline.MOVETO, Outline.LINETO, Outline.LINETO, Outline.LINETO, Outline.CLOSEPOLY] * (len(corners) // 5)
    patch = PathPatch(Outline(np.array(corners), np.array(codes)), **{"linewidth": 0, **style}, facecolor=colour)
    if label:
        patch.set_label(label)
    axis.add_patch(patch)


def count(value: float, _: Any = None) -> str:
    """12 k, 1.5 M: for ticks."""
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if abs(value) >= size:
            return f"{value / size:g} {unit}"
    return f"{value:g}"


def counted(axis: Any) -> None:
    """`axis` (one of an Axes' two) counts in thousands and millions, also where it is logarithmic."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    axis.set_major_formatter(FuncFormatter(count))
    axis.set_minor_formatter(NullFormatter())


def between(start: tuple[float, float], end: tuple[float, float], steps: int = 60) -> list[tuple[float, float]]:
    """Points of a straight line between two points of a logarithmic plane."""
    shares = [i / steps for i in range(steps + 1)]
    return [(start[0] ** (1 - s) * end[0] ** s, start[1] ** (1 - s) * end[1] ** s) for s in shares]


def label_points(axis: Axes, points: Sequence[tuple[float, float, str]], taken: Sequence[tuple[float, float]]) -> None:
    """Names beside points, each on the first side where it covers no other name, no point, and nothing of `taken`."""
    from matplotlib.transforms import Bbox

    fig: Any = axis.figure
    fig.canvas.draw()  # places the axes
    renderer = fig.canvas.get_renderer()
    named: list[tuple[float, float, str]] = []
    for x, y, name in points:  # what lies in one place gets one label
        mine = axis.transData.transform((x, y))
        for i, (x0, y0, name0) in enumerate(named):
            if max(abs(mine - axis.transData.transform((x0, y0)))) < 8:
                named[i] = (x0, y0, f"{name0}, {name}")
                break
        else:
            named.append((x, y, name))
    used: list[Bbox] = []
    for size, spots in ((8, [(x, y) for x, y, _ in points]), (3, taken)):
        places = [axis.transData.transform(p) for p in spots]
        used += [Bbox.from_bounds(x - size / 2, y - size / 2, size, size) for x, y in places]
    sides = [(7, 0, "left", "center"), (-7, 0, "right", "center"), (0, 7, "center", "bottom"), (0, -8, "center", "top")]
    sides += [(dx, dy, "left" if dx > 0 else "right", "center") for dy in (9, -9, 16, -16, 24) for dx in (6, -6)]
    for x, y, name in named:
        for dx, dy, ha, va in sides:
            text = axis.annotate(name, (x, y), (dx, dy), textcoords="offset points", ha=ha, va=va, fontsize=8.5)
            extent = text.get_window_extent(renderer)
            if not any(extent.overlaps(other) for other in used):
                used.append(extent)
                break
            text.remove()
        else:
            axis.annotate(name, (x, y), (7, 0), textcoords="offset points", va="center", fontsize=8.5)
