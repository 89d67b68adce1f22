"""What the host runs of a bmodel: which ops, why, what crosses, and roughly how long it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core import pymlir
from ..names import quoted
from ..progress import human_count

SHOWN_OPS = 8
ONLY_HERE = "the vendor's runtime cannot run this file: its CPU layers are tpu-mlir's own"


@dataclass(frozen=True)
class HostOp:
    """One op of the network. bytes_in, bytes_out: what crosses from and to the chip's memory. seconds: estimated."""

    name: str
    op: str
    reason: str
    bytes_in: int
    bytes_out: int
    seconds: float

    @property
    def line(self) -> str:
        crossing = f"{human_count(self.bytes_in)}B in, {human_count(self.bytes_out)}B out"
        return f"{self.op} {quoted(self.name)}: {self.reason}; {crossing}, about {self.seconds * 1e3:.3f} ms"


def host_ops(model: Path) -> list[HostOp]:
    """All of them, in the order in which they run; UserError where the file cannot be read."""
    return [
        HostOp(one["name"], one["op"], one["reason"], one["bytes_in"], one["bytes_out"], one["seconds"])
        for one in pymlir().host_ops(str(model))
    ]


def host_lines(ops: Sequence[HostOp]) -> list[str]:
    """For the summary; nothing where the chip runs everything."""
    if not ops:
        return []
    crossing = sum(one.bytes_in + one.bytes_out for one in ops)
    time = sum(one.seconds for one in ops)
    count = f"{len(ops)} op{'' if len(ops) == 1 else 's'}"
    lines = [f"host:       {count}, {human_count(crossing)}B cross, about {time * 1e3:.3f} ms (estimated); {ONLY_HERE}"]
    lines += [f"  {one.line}" for one in ops[:SHOWN_OPS]]
    return [*lines, f"  and {len(ops) - SHOWN_OPS} more"] if len(ops) > SHOWN_OPS else lines
