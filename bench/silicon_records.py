"""Reads the cycle records of BM1688 silicon into operations that tpuc-cost prices.

Decides what each record says and what it lacks; judges nothing.
"""

from __future__ import annotations

import ast
import csv
import math
from dataclasses import dataclass, field
from pathlib import Path

WIDTHS = {"8": 1, "16": 2, "32": 4}
# What the records lack, by kind.
IN_PLACE = "operand banks; sums and rq1 taken as in place, as the fit's table of banks says of these shapes"
NO_ADDRESS = "addresses, so neither direction nor alignment of rows; loads and stores are priced alike"


@dataclass
class Record:
    """One record, and the operation that tpuc-cost prices."""

    core: int
    engine: str
    index: int
    op: str
    shape: str
    cycles: int
    start: int
    kind: str
    arguments: tuple[float, ...]
    lacks: str = ""
    model: float = 0.0
    share: float = field(default=0.0)  # of a copy: how long the other core copied too

    @property
    def end(self) -> int:
        return self.start + self.cycles

    @property
    def error(self) -> float:
        return self.model / self.cycles - 1


def _dims(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split("x"))) if text else ()


def _width(dtype: str) -> int:
    return WIDTHS[dtype.lstrip("usif")]


def _operation(row: dict[str, str]) -> tuple[str, tuple[float, ...], str]:
    """Kind, arguments for tpuc-cost, and what the record lacks."""
    source, result = _dims(row["in_shape"]), _dims(row["out_shape"])
    name = row["op"]
    if name.startswith("system"):
        return "system", (), ""
    if name.startswith("dma."):
        width = _width(row["dtypes"])
        if name == "dma.matrix":
            # Rows of a local matrix are cut into sections of 256 columns, as the products after them show.
            rows, columns = (source if len(source) == 2 else source[2:])[:2]
            sections = math.ceil(columns / 256)
            return "load", (rows * sections, columns * width / sections), NO_ADDRESS
        n, c, h, w = source
        return "load", (n * c, h * w * width), NO_ADDRESS
    before, after = row["dtypes"].split("->")
    widest = max(_width(before), _width(after))
    if name.startswith("mm."):
        # Sections of 256 columns: the sums after them have the shape 1x4x1x256.
        return "matrix", (source[0], source[1], math.ceil(result[1] / 256), 256, _width(before)), ""
    n, c, h, w = result
    if name.startswith("conv"):
        kh, kw = ast.literal_eval(row["kernel"])
        return "conv", (n, source[1], c, h, w, kh, kw, _width(before)), ""
    if name.startswith("pord"):
        kh, kw = ast.literal_eval(row["kernel"])
        return "pool", (n, c, h, w, kh, kw, _width(before)), ""
    in_place = name in ("arith.add_satu", "quant.rq1") or (name == "arith.copy" and h * w > 1)
    return "element", (n, c, h, w, widest, float(in_place)), IN_PLACE if in_place else ""


def read(path: Path) -> list[Record]:
    """The records; the last copy belongs to the next frame, whose shape is not its own."""
    records = []
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            kind, arguments, lacks = _operation(row)
            shape = f"{row['in_shape']}>{row['out_shape']} {row['dtypes']} {row['kernel']}{row['stride']}"
            cycles = int(row["real_cycles"])
            place = (int(row["core"]), row["engine"], int(row["cmd_index"]))
            records.append(Record(*place, row["op"], shape, cycles, int(row["start"]), kind, arguments, lacks))
    if records and (last := [r for r in records if r.engine == "GDMA" and r.core == 0][-1]).index == 0:
        records.remove(last)
    return records
