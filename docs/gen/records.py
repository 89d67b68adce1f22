"""Reads ops and passes out of the ODS files, through llvm-tblgen, as plain data classes.

Decides where the tool and its include folders are, and what of a record the reference shows. Writes nothing.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = ROOT / "include"
# The folders of cmake/TpuMlirCore.cmake: our own headers and MLIR's.
MLIR_INCLUDE = Path("/usr/lib/llvm-22/include")
TOOLS = ("llvm-tblgen-22", "/usr/lib/llvm-22/bin/llvm-tblgen")

DIALECTS = {
    "top": "tpu_mlir/Dialect/Top/IR/TopOps.td",
    "tpu": "tpu_mlir/Dialect/Tpu/IR/TpuOps.td",
}
# Ops whose classes stand apart, behind those of the dialect's own file.
APART = {
    "top": "tpu_mlir/Dialect/Top/IR/ChoiceOps.td",
    "tpu": "tpu_mlir/Dialect/Tpu/IR/ChoiceOps.td",
}
# In the order in which a network meets them.
PASSES = (
    "tpu_mlir/Dialect/Top/Transforms/Passes.td",
    "tpu_mlir/Conversion/TopToTpu/Passes.td",
    "tpu_mlir/Dialect/Tpu/Transforms/Passes.td",
)


@dataclass(frozen=True)
class Argument:
    """An operand, a result or an attribute. `default` is None where there is none."""

    name: str
    kind: str
    optional: bool = False
    default: str | None = None


@dataclass(frozen=True)
class Op:
    name: str  # with the dialect, such as top.Conv
    family: str  # the ODS file's stem
    line: int
    summary: str
    description: str
    operands: tuple[Argument, ...]
    attributes: tuple[Argument, ...]
    results: tuple[Argument, ...]


@dataclass(frozen=True)
class Attribute:
    """An attribute of the dialect's own."""

    mnemonic: str
    summary: str
    description: str


@dataclass(frozen=True)
class Dialect:
    name: str
    summary: str
    description: str
    ops: tuple[Op, ...]
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True)
class Option:
    name: str
    kind: str
    default: str
    text: str


@dataclass(frozen=True)
class Pass:
    name: str
    line: int
    summary: str
    description: str
    options: tuple[Option, ...]


def tablegen() -> str | None:
    """The tool's path, or None where it is not installed."""
    return next((found for found in map(shutil.which, TOOLS) if found), None)


def _records(td: str) -> dict[str, Any]:
    tool = tablegen()
    assert tool is not None, "ask tablegen() first"
    command = [tool, "-dump-json", "-I", str(INCLUDE), "-I", str(MLIR_INCLUDE), str(INCLUDE / td)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _line(record: dict[str, Any]) -> int:
    return int(record["!locs"][0].rsplit(":", 1)[1])


def dialect(name: str) -> Dialect:
    """The dialect, its ops in the order of the ODS files."""
    records = _records(DIALECTS[name])
    instances = records["!instanceof"]
    entry = next(records[d] for d in instances["Dialect"] if records[d]["name"] == name)
    ops = [_op(records, d) for d in instances["Op"] if records[records[d]["opDialect"]["def"]]["name"] == name]
    order = {f: i for i, f in enumerate(_includes(DIALECTS[name]))}
    more = _records(APART[name])
    known = {op.name for op in ops}
    ops += [op for op in (_op(more, d) for d in more["!instanceof"]["Op"]) if op.name not in known]
    ops.sort(key=lambda op: (order.get(op.family, len(order)), op.line))
    attributes = tuple(
        Attribute(records[d]["mnemonic"], records[d]["summary"], records[d]["description"])
        for d in sorted(instances.get("AttrDef", []))
        if records[records[d]["dialect"]["def"]]["name"] == name
    )
    return Dialect(name, entry["summary"], entry["description"], tuple(ops), attributes)


def _includes(td: str) -> list[str]:
    lines = (INCLUDE / td).read_text(encoding="utf-8").splitlines()
    return [Path(line.split('"')[1]).stem for line in lines if line.startswith("include ")]


def _op(records: dict[str, Any], key: str) -> Op:
    record = records[key]
    operands: list[Argument] = []
    attributes: list[Argument] = []
    for value, name in record["arguments"]["args"]:
        constraint = records[value["def"]]
        (attributes if "Attr" in constraint["!superclasses"] else operands).append(_argument(records, constraint, name))
    results = tuple(_argument(records, records[v["def"]], n) for v, n in record["results"]["args"])
    prefix = records[record["opDialect"]["def"]]["name"]
    return Op(
        f"{prefix}.{record['opName']}",
        record["!locs"][0].rsplit(":", 1)[0].removesuffix(".td"),
        _line(record),
        record["summary"],
        record["description"],
        tuple(operands),
        tuple(attributes),
        results,
    )


_KINDS = {
    "I64Attr": "integer",
    "F64Attr": "number",
    "BoolAttr": "bool",
    "StrAttr": "string",
    "UnitAttr": "flag",
    "DenseI64ArrayAttr": "integers",
    "DenseF64ArrayAttr": "numbers",
}


def _argument(records: dict[str, Any], constraint: dict[str, Any], name: str) -> Argument:
    superclasses = constraint["!superclasses"]
    if "Attr" in superclasses:
        base = constraint.get("baseAttr") or {}
        kind = base.get("def", constraint["!name"])
        default = constraint.get("defaultValue")
        optional = bool(constraint.get("isOptional"))
        return Argument(name, _KINDS.get(kind, _summary(records, kind)), optional, _plain(default))
    if "Variadic" in superclasses:
        return Argument(name, "tensors")
    if constraint["summary"] == "none type":
        return Argument(name, "none")
    return Argument(name, "tensor", optional="none" in constraint["summary"])


def _summary(records: dict[str, Any], kind: str) -> str:
    return str(records[kind].get("summary") or kind)


def _plain(default: str | None) -> str | None:
    """C++'s spelling of a default as the text of a .mlir file has it."""
    if default is None:
        return None
    text = default.strip()
    return f"[{text[1:-1]}]" if text.startswith("{") else text.replace('\\"', '"')


def passes() -> list[Pass]:
    """All passes, in the order of PASSES."""
    found = []
    for td in PASSES:
        records = _records(td)
        here = [_pass(records, records[d]) for d in records["!instanceof"].get("PassBase", [])]
        found += sorted(here, key=lambda p: p.line)
    return found


_OPTION_KINDS = {"std::string": "text", "::tpu_mlir::TextOption": "text", "bool": "bool", "int64_t": "integer"}


def _pass(records: dict[str, Any], record: dict[str, Any]) -> Pass:
    options = []
    for entry in record["options"]:
        option = records[entry["def"]]
        kind = _OPTION_KINDS.get(option["type"], option["type"])
        default = option["defaultValue"].replace('\\"', '"').strip('"')
        options.append(Option(option["argument"], kind, default, option["description"]))
    return Pass(record["argument"], _line(record), record["summary"], record["description"], tuple(options))
