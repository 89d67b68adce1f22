"""The safety proof of a bmodel, from its bytes alone: legal commands, no race, nothing read before it was written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..core import pymlir
from ..errors import CompareFailed

SHOWN_FINDINGS = 5


@dataclass(frozen=True)
class Safety:
    """What was looked at and what is wrong; a finding is one line. Notes are unusual and blame nobody."""

    findings: tuple[str, ...]
    groups: int
    commands: int
    accesses: int
    notes: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """For the summary."""
        looked_at = f"{self.commands:,} commands with {self.accesses:,} accesses to memory"
        if not self.findings:
            noted = f"; {len(self.notes)} notes, see bmodel-tool check" if self.notes else ""
            return [f"safety:     proven for {looked_at}: legal, ordered, nothing read before it is written{noted}"]
        shown = [f"  {finding}" for finding in self.findings[:SHOWN_FINDINGS]]
        left = len(self.findings) - len(shown)
        return [
            f"safety:     {len(self.findings)} findings in {looked_at}",
            *shown,
            *([f"  and {left} more; see bmodel-tool check"] if left else []),
        ]

    def require_pass(self, model: Path) -> None:
        """CompareFailed where there is a finding: such a bmodel must not run on a chip."""
        if self.findings:
            count = f"1 of {len(self.findings)} findings" if len(self.findings) > 1 else "1 finding"
            raise CompareFailed(f"'{model}' is not safe to run ({count}): {self.findings[0]}")


def check_safety(model: Path) -> Safety:
    """Checks the file; UserError where it cannot be read."""
    report = pymlir().check_bmodel(str(model))
    return Safety(
        tuple(report["findings"]), report["groups"], report["commands"], report["accesses"], tuple(report["notes"])
    )
