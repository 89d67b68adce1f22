"""Notes what a test proved, for the op ledger: one JSON line per operation and aspect.

Tests call `record`; docs/gen/ledger.py reads the lines. The format is docs/reference/ledger-format.md. Decides nothing
about which results are good enough: it writes counts.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What can be known of an op. docs/reference/ledger-format.md says what a test of each must have compared.
ASPECTS = (
    "record",
    "kernel",
    "interpret",
    "lower_int8",
    "lower_f32",
    *(f"emit_{mode}" for mode in ("f32", "f16", "bf16", "int8", "int8_asym")),
    "tile",
    "import_onnx",
)


def record(op: str, aspect: str, cases: int, passed: int, details: Sequence[str] = ()) -> None:
    """Note that a test of `aspect` of `op` ran `cases` cases, of which `passed` were right.

    op: with its dialect, such as "top.Conv". details: what else was seen, such as the operations that were emitted.
    """
    assert 0 <= passed <= cases, f"{passed} of {cases} passed"
    line: dict[str, object] = {**_about(op, aspect), "cases": cases, "passed": passed}
    if details:
        line["details"] = sorted(set(details))
    _write(line)


def refused(op: str, aspect: str, reason: str) -> None:
    """Note that `op` has no `aspect` and that the user is told so: `reason` is the end of that sentence."""
    assert reason, "a refusal says why"
    _write({**_about(op, aspect), "refused": reason})


def emitted(commands: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
    """Note which commands were emitted: {"SCONV": {"kinds": ["conv.normal"], "fields": [not at their default]}}."""
    plain = {name: {key: sorted(values) for key, values in seen.items()} for name, seen in commands.items()}
    _write({"commands": plain, "test": _test(), "build": build_id()})


def _about(op: str, aspect: str) -> dict[str, object]:
    assert aspect in ASPECTS, f"unknown aspect '{aspect}'; known: {', '.join(ASPECTS)}"
    assert "." in op, f"'{op}' is not the name of an op; write 'top.Conv'"
    return {"op": op, "aspect": aspect, "test": _test(), "build": build_id()}


def _test() -> str:
    return os.environ.get("PYTEST_CURRENT_TEST", "").split(" ")[0]


def _write(line: dict[str, object]) -> None:
    path = folder() / f"{os.getpid()}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, sort_keys=True) + "\n")


def folder() -> Path:
    """$TPU_MLIR_LEDGER_DIR, or `ledger` in the build folder."""
    given = os.environ.get("TPU_MLIR_LEDGER_DIR")
    return Path(given) if given else Path(os.environ.get("TPU_MLIR_BUILD_DIR", ROOT / "build")) / "ledger"


@lru_cache(maxsize=1)
def build_id() -> str:
    """Names what was tested: a digest of the compiled module and of the Python package."""
    digest = hashlib.sha256()
    spec = importlib.util.find_spec("pymlir")
    files = [Path(spec.origin)] if spec is not None and spec.origin else []
    files += sorted((ROOT / "python/tpu_mlir").rglob("*.py"))
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
