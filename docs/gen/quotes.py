"""Keeps the code in guides equal to the code in the tree.

A guide names what it quotes in a comment and repeats it in the fence behind it:

    <!-- quote: lib/Ops/Pool/Pool.cpp | LogicalResult MaxPoolOp::plan | } -->
    ```cpp
    ...
    ```

The second part is text that occurs in exactly one line of the file, where the quote begins; the third is what the last
line starts with (after the begin, indentation counts). Without a third part the quote is that one line. Decides
nothing about what a guide should quote.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MARKER = re.compile(r"^<!-- quote: (?P<parts>.*) -->$")
FENCE = re.compile(r"^```")


class QuoteError(Exception):
    """A quote cannot be found; the text is one sentence."""


def region(parts: str) -> list[str]:
    """The lines that `path | begin [| end]` names."""
    path, begin, *rest = (part.strip(" ") for part in parts.split(" | "))
    file = ROOT / path
    if not file.is_file():
        raise QuoteError(f"no file '{path}'")
    lines = file.read_text(encoding="utf-8").splitlines()
    starts = [i for i, line in enumerate(lines) if begin in line]
    if len(starts) != 1:
        raise QuoteError(f"{path}: '{begin}' is in {len(starts)} lines, and must be in one")
    if not rest:
        return [lines[starts[0]]]
    # The end may be written with its indentation in quotation marks; without them it begins the line.
    end = rest[0][1:-1] if rest[0].startswith('"') else rest[0]
    for i in range(starts[0] + 1, len(lines)):
        if lines[i].startswith(end):
            return lines[starts[0] : i + 1]
    raise QuoteError(f"{path}: no line behind '{begin}' starts with '{end}'")


def refresh(text: str, where: str) -> str:
    """`text` of a guide with every quote as the file has it now."""
    out: list[str] = []
    lines = text.splitlines()
    i = 0
    while i < len(lines):
        out.append(lines[i])
        marker = MARKER.match(lines[i])
        i += 1
        if not marker:
            continue
        if i >= len(lines) or not FENCE.match(lines[i]):
            raise QuoteError(f"{where}: no code follows the quote of {marker['parts']}")
        out.append(lines[i])
        end = next((j for j in range(i + 1, len(lines)) if FENCE.match(lines[j])), None)
        if end is None:
            raise QuoteError(f"{where}: the code of the quote of {marker['parts']} does not end")
        out += region(marker["parts"])
        out.append(lines[end])
        i = end + 1
    return "\n".join(out) + "\n"


def guides() -> list[Path]:
    """Every hand-written page that may quote."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
