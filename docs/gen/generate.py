"""Writes everything in docs/ that is generated: the reference pages, and the code that guides quote.

`--check` writes nothing and fails where something would change. Idempotent. The op ledger has its own command,
docs/gen/ledger.py, because it needs the results of a test run.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import quotes
import records
import reference

REFERENCE = records.ROOT / "docs/reference"


def pages() -> dict[Path, str]:
    """Every generated file with the text it should have."""
    wanted: dict[Path, str] = {}
    for guide in quotes.guides():
        text = guide.read_text(encoding="utf-8")
        if "<!-- quote: " in text:
            wanted[guide] = quotes.refresh(text, str(guide.relative_to(records.ROOT)))
    if records.tablegen() is not None:
        wanted |= {REFERENCE / name: make() for name, make in reference.PAGES.items()}
    wanted[REFERENCE / "onnx_ops.md"] = reference.onnx_page()
    return wanted


def stale() -> dict[Path, str]:
    return {
        path: text for path, text in pages().items() if not path.exists() or path.read_text(encoding="utf-8") != text
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only say what is not current")
    args = parser.parse_args()
    if records.tablegen() is None:
        print(f"generate.py: no {records.TOOLS[0]}; the reference pages are left as they are", file=sys.stderr)
    try:
        changed = stale()
    except quotes.QuoteError as error:
        print(f"generate.py: {error}", file=sys.stderr)
        return 1
    for path, text in changed.items():
        print(f"{'not current' if args.check else 'written'}: {path.relative_to(records.ROOT)}")
        if not args.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return 1 if args.check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
