"""The calibration table: one row `name threshold min max` per tensor, under a '#' header.

Users know this text, edit it by hand and pass it between tool versions, so reading is lenient about the header and
strict about rows. A name that is not one plain word is a JSON string; rows of older tables, where it stood as it is,
are read from their end. Source: facts of the vendor's text format ("op_name threshold min max", three %.7f numbers).
Where seven decimals are too few for a small threshold, its row has more.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import UserError, require_file
from ..files import write_text
from ..names import read_quoted, word

# Smaller magnitudes give no scale.
SMALLEST_THRESHOLD = 1e-27
_BLANKS = " \t\r\v\f"
_NUMBERS = re.compile(rf"[{_BLANKS}]+([^{_BLANKS}]+)" * 3 + "$", re.ASCII)


@dataclass(frozen=True)
class Range:
    """What one tensor needs: the symmetric threshold, and the range seen for asymmetric quantisation."""

    threshold: float
    minimum: float
    maximum: float


@dataclass
class CalibrationTable:
    rows: dict[str, Range]  # of a table that was read, none has the threshold 0
    header: Mapping[str, str] = field(default_factory=dict)
    zeros: Collection[str] = ()  # tensors that were zero in every sample: `0 0 0` in the file

    def text(self) -> str:
        lines = [f"# {key}: {word(value) if chr(10) in value else value}" for key, value in self.header.items()]
        lines += ["###", "# op_name    threshold    min    max"]
        for name, r in self.rows.items():
            lines.append(" ".join([word(name), *_numbers(r)]))
        return "\n".join(lines) + "\n"

    def save(self, path: Path | str) -> None:
        write_text(path, self.text())


def _numbers(r: Range) -> list[str]:
    """The text of a row's numbers: seven decimals, or for small thresholds seven digits of the threshold.

    The bounds are as fine as the threshold, so that noise of rounding below zero makes no tensor signed, whatever the
    unit of the network's numbers.
    """
    decimals = 7
    if 0 < r.threshold < 1e-3:
        decimals = 6 - math.floor(math.log10(r.threshold))
    noise = r.threshold * 0.5e-7
    minimum = 0.0 if -noise < r.minimum < 0 and r.threshold > 1 else r.minimum
    numbers = (r.threshold, minimum, r.maximum)
    if decimals <= 16:
        return [f"{v:.{decimals}f}" for v in numbers]
    return [f"{round(v, decimals):.6e}" for v in numbers]


def load_table(path: Path | str) -> CalibrationTable:
    """Reads a table; a row that is not a name and three finite numbers is a UserError naming its line."""
    path = require_file(path, "calibration table")
    rows: dict[str, Range] = {}
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"calibration table '{path}' is not a text file") from error
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip(_BLANKS)
        if line.startswith("#int4_th") or line.startswith("#weight_scale"):
            break  # other quantisation modes keep their own sections after the rows
        if not line or line.startswith("#"):
            continue
        rows.update([_row(line, f"calibration table '{path}', line {number}")])
    if not rows:
        raise UserError(f"calibration table '{path}' has no rows")
    return CalibrationTable(_scaled_zeros(rows), zeros=[name for name, r in rows.items() if not r.threshold])


def _scaled_zeros(rows: dict[str, Range]) -> dict[str, Range]:
    """Rows `0 0 0`, of tensors that were zero in every sample, with the least threshold of all others.

    Any scale holds zero. This one is never coarser than that of what is computed with it, whatever the unit of the
    network's numbers.
    """
    least = min((r.threshold for r in rows.values() if r.threshold), default=1.0)
    return {name: r if r.threshold else Range(least, 0.0, 0.0) for name, r in rows.items()}


def _row(line: str, where: str) -> tuple[str, Range]:
    quoted = read_quoted(line)
    match = _NUMBERS.fullmatch(quoted[1]) if quoted else None
    name = quoted[0] if quoted and match else ""
    if not match and (match := _NUMBERS.search(line)):
        name = line[: match.start()]
    if not match or not name:
        raise UserError(f"{where}: expected 'name threshold min max', found '{line[:60]}'")
    try:
        numbers = [float(match[i]) for i in (1, 2, 3)]
    except ValueError:
        raise UserError(f"{where}: '{match[1]} {match[2]} {match[3]}' are not three numbers") from None
    if not all(math.isfinite(v) for v in numbers):
        raise UserError(f"{where}: tensor '{name}' has a range that is not finite")
    threshold, minimum, maximum = numbers
    if threshold < 0 or minimum > maximum:
        raise UserError(f"{where}: tensor '{name}' has threshold {threshold} and range [{minimum}, {maximum}]")
    if threshold < SMALLEST_THRESHOLD and (threshold or minimum or maximum):
        raise UserError(
            f"{where}: tensor '{name}' has threshold {match[1]} and range [{minimum}, {maximum}], which give no scale "
            f"(the least is {SMALLEST_THRESHOLD}); give the row the largest magnitude that the tensor may have, or "
            f"'0 0 0' where it may count as zero"
        )
    return name, Range(threshold, minimum, maximum)
