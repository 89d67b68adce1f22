"""Renews the table of docs/design/float-functions.md: measured errors and commands, function by function.

`float_functions.py BUILD` runs BUILD/unit/FloatFunctionsTest on millions of operands, some minutes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

PAGE = Path(__file__).parent.parent / "design/float-functions.md"
BEGIN, END = "<!-- measured -->\n", "<!-- end -->\n"
HEAD = (
    "| function | F32: bound | measured | beyond | F16: bound | measured | BF16: bound | measured "
    "| F32: commands | without SFU | registers | 16 bits: commands | without SFU | registers |\n" + "|---" * 14 + "|\n"
)


def measured(build: Path) -> str:
    """The table's rows."""
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows"
        environment = os.environ | {"TPU_MLIR_ALL": "1", "TPU_MLIR_FLOAT_TABLE": str(rows)}
        test = [str(build / "unit/FloatFunctionsTest"), "--gtest_filter=*StaysWithinItsBound*", "--gtest_brief=1"]
        subprocess.run(test, env=environment, check=True)
        return rows.read_text(encoding="utf-8")


def main(build: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(before + BEGIN + HEAD + measured(build) + END + after, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
