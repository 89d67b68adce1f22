"""The calibration table: one row `name threshold min max` per tensor, under a '#' header.

Users know this text, edit it by hand and pass it between tool versions, so reading is lenient about the header and
strict about rows. A name that is not one plain word is a JSON string; rows of older tables, where it stood as it is,
are read from their end. Source: facts of the vendor's text format ("op_name threshold min max", three %.7f numbers).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import UserError, require_file
from ..files import write_text
from ..names import read_quoted, word

# The vendor's reader raises smaller thresholds to this, so that a scale is never zero.
SMALLEST_THRESHOLD = 1e-5
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
    rows: dict[str, Range]
    header: Mapping[str, str] = field(default_factory=dict)

    def text(self) -> str:
        lines = [f"# {key}: {word(value) if chr(10) in value else value}" for key, value in self.header.items()]
        lines += ["###", "# op_name    threshold    min    max"]
        for name, r in self.rows.items():
            lines.append(f"{word(name)} {r.threshold:.7f} {r.minimum:.7f} {r.maximum:.7f}")
        return "\n".join(lines) + "\n"

    def save(self, path: Path | str) -> None:
        write_text(path, self.text())


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
    return CalibrationTable(rows)


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
    if not all(abs(v) < 3.4e38 for v in numbers):
        raise UserError(f"{where}: tensor '{name}' has a range that is not finite")
    threshold, minimum, maximum = numbers
    if threshold < 0 or minimum > maximum:
        raise UserError(f"{where}: tensor '{name}' has threshold {threshold} and range [{minimum}, {maximum}]")
    return name, Range(max(threshold, SMALLEST_THRESHOLD), minimum, maximum)
