"""A figure with what it must reach, and the table of all. Measures nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Figure:
    """Smaller is better. `ratios`: the nominal value under '', and one for each uncertain constant and end."""

    what: str
    reach: float
    aim: float
    ratios: dict[str, float] = field(default_factory=dict)
    note: str = ""
    skipped: str = ""

    @property
    def nominal(self) -> float:
        return self.ratios[""]

    @property
    def worst(self) -> tuple[str, float]:
        return max(self.ratios.items(), key=lambda item: item[1])

    @property
    def best(self) -> tuple[str, float]:
        return min(self.ratios.items(), key=lambda item: item[1])

    @property
    def holds(self) -> bool | None:
        """None: not measured."""
        return None if self.skipped else self.worst[1] <= self.reach

    @property
    def verdict(self) -> str:
        if self.holds is None:
            return "skipped"
        if not self.holds:
            return "MISSED"
        return "go" if self.nominal <= self.aim else "reach"

    def as_dict(self) -> dict[str, Any]:
        base = {"what": self.what, "reach": self.reach, "go_for": self.aim, "verdict": self.verdict}
        return base | ({"skipped": self.skipped} if self.skipped else {"ratios": self.ratios, "note": self.note})


def table(figures: Sequence[Figure]) -> str:
    """Text columns. The range is over the uncertain constants; the worst one is named where it matters."""
    width = max((len(f.what) for f in figures), default=0)
    lines = [f"{'what':<{width}}  reach  go for  measured  over the constants    verdict"]
    for f in figures:
        if f.skipped:
            lines.append(f"{f.what:<{width}}  {f.reach:5.3g}  {f.aim:6.3g}  {f.skipped}")
            continue
        spread = f"{f.best[1]:.3f} to {f.worst[1]:.3f}" if len(f.ratios) > 1 else ""
        tail = f.note or (f"worst: {f.worst[0]}" if f.worst[0] else "")
        line = (
            f"{f.what:<{width}}  {f.reach:5.3g}  {f.aim:6.3g}  {f.nominal:8.3f}  {spread:<20}  {f.verdict:<7}  {tail}"
        )
        lines.append(line.rstrip())
    missed = sum(f.holds is False for f in figures)
    lines.append(f"{len(figures)} figures, {missed} missed")
    return "\n".join(lines)
