"""Reads an instruction table and resolves it into commands with complete field rows.

Decides what a well-formed table is (strict: an unknown or missing key is an error). Knows nothing of the languages that
are generated from it. Standard library only, because it runs in every build.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

EVIDENCE = ("verified", "stated", "inferred", "unknown")
RUNTIME = ("always", "last", "never")
WORD_BITS = 64
TOP_LEVEL = {"generation", "chips", "sources", "enums", "fields", "pairs", "layouts", "families", "commands"}


class TableError(Exception):
    """The table is malformed; the text is one sentence."""


@dataclass(frozen=True)
class Field:
    """One row: where a field lies and what is known about it."""

    name: str
    bit: int
    width: int
    meaning: str
    evidence: str
    reserved: bool
    minimum: int
    maximum: int
    default: int
    enum: str | None


@dataclass(frozen=True)
class Kind:
    """One operation within a command, for instance `arith.mul`."""

    name: str
    value: int
    initial_cycles: int
    evidence: str


@dataclass(frozen=True)
class Command:
    """One binary form: a layout together with what selects it."""

    name: str
    family: str
    engine: str
    title: str
    note: str
    bytes: int
    runtime: str
    match: tuple[tuple[int, int, int], ...]  # bit, width, mask of accepted values
    fields: tuple[Field, ...]
    kinds: tuple[Kind, ...]
    operands: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """One generation of the instruction set."""

    generation: str
    chips: tuple[str, ...]
    sources: str
    enums: dict[str, tuple[str, ...]]
    pairs: dict[str, tuple[str, str]]
    commands: tuple[Command, ...] = field(default=())


def _keys(where: str, obj: dict[str, Any], need: set[str], may: frozenset[str] = frozenset()) -> None:
    missing, extra = need - obj.keys(), obj.keys() - need - may
    if missing:
        raise TableError(f"{where}: missing key '{sorted(missing)[0]}'")
    if extra:
        raise TableError(f"{where}: unknown key '{sorted(extra)[0]}'")


def _one_of(where: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise TableError(f"{where}: '{value}' is not one of {', '.join(allowed)}")
    return value


def _field(where: str, row: list[Any], facts: dict[str, Any], enums: dict[str, Any], entry: dict[str, Any]) -> Field:
    name, bit, width = row
    reserved = name.startswith("reserved")
    key = "reserved" if reserved else name
    if key not in facts:
        raise TableError(f"{where}: field '{name}' has no entry under 'fields'")
    fact = facts[key]
    _keys(f"field '{key}'", fact, {"meaning", "evidence"}, frozenset({"min", "max", "default", "enum"}))
    if not 1 <= width <= WORD_BITS or bit // WORD_BITS != (bit + width - 1) // WORD_BITS:
        raise TableError(f"{where}: field '{name}' does not fit in one 64-bit word")
    if fact.get("enum") and fact["enum"] not in enums:
        raise TableError(f"field '{key}': unknown enum '{fact['enum']}'")
    evidence = entry.get("evidence") or ("verified" if name in entry.get("verified_fields", ()) else fact["evidence"])
    if evidence == "verified" and not entry.get("verified_kinds"):
        evidence = "stated"  # of a field in general, but this form was never seen
    default = entry.get("defaults", {}).get(name, fact.get("default", 0))
    limit = (1 << width) - 1
    maximum = min(limit, fact.get("max", limit))
    return Field(
        name,
        bit,
        width,
        fact["meaning"],
        _one_of(key, evidence, EVIDENCE),
        reserved,
        fact.get("min", 0),
        maximum,
        min(default, limit),
        fact.get("enum"),
    )


def _kinds(where: str, family: dict[str, Any], verified: list[str]) -> list[Kind]:
    kinds = []
    for row in family["kinds"]:
        _keys(where, row, {"name", "value", "initial_cycles", "evidence"})
        evidence = "verified" if row["name"] in verified else row["evidence"]
        kinds.append(Kind(row["name"], row["value"], row["initial_cycles"], _one_of(where, evidence, EVIDENCE)))
    return kinds


def _command(entry: dict[str, Any], raw: dict[str, Any]) -> Command:
    where = f"command '{entry.get('name', '?')}'"
    _keys(
        where,
        entry,
        {"name", "family", "layout", "bytes", "short", "runtime"},
        frozenset({"more_kinds", "defaults", "evidence", "verified_kinds", "verified_fields"}),
    )
    families, layouts = raw["families"], raw["layouts"]
    if entry["family"] not in families or entry["layout"] not in layouts:
        raise TableError(f"{where}: unknown family or layout")
    family = families[entry["family"]]
    _keys(f"family '{entry['family']}'", family, {"engine", "type", "title", "operands", "kinds"}, frozenset({"note"}))
    rows = layouts[entry["layout"]]
    fields = tuple(_field(where, row, raw["fields"], raw["enums"], entry) for row in rows)
    names = [f.name for f in fields]
    for name in [*entry.get("defaults", {}), *entry.get("verified_fields", ())]:
        if name not in names:
            raise TableError(f"{where}: no field '{name}'")
    kinds = _kinds(where, family, entry.get("verified_kinds", []))
    if "more_kinds" in entry:
        kinds += _kinds(where, families[entry["more_kinds"]], [])
    at = {f.name: f for f in fields}
    selector = ("tsk_typ", "tsk_eu_typ") if family["engine"] == "TIU" else ("cmd_type", "cmd_special_function")
    match = []
    if entry["short"] is not None:
        match.append((at["cmd_short"].bit if "cmd_short" in at else 0, 1, 1 << entry["short"]))
    match.append((at[selector[0]].bit, at[selector[0]].width, 1 << family["type"]))
    mask = 0
    for kind in kinds:
        mask |= 1 << kind.value
    match.append((at[selector[1]].bit, at[selector[1]].width, mask))
    return Command(
        entry["name"],
        entry["family"],
        family["engine"],
        family["title"],
        family.get("note", ""),
        entry["bytes"],
        _one_of(where, entry["runtime"], RUNTIME),
        tuple(match),
        fields,
        tuple(kinds),
        tuple(family["operands"].items()),
    )


def _check(command: Command) -> None:
    position = 0
    for row in sorted(command.fields, key=lambda f: f.bit):
        if row.bit != position:
            problem = "overlaps its neighbour" if row.bit < position else f"leaves a gap before bit {row.bit}"
            raise TableError(f"command '{command.name}': field '{row.name}' {problem}")
        position = row.bit + row.width
    if position != command.bytes * 8:
        raise TableError(f"command '{command.name}': fields hold {position} bits, expected {command.bytes * 8}")


def load(path: Path) -> Table:
    """Reads and resolves one table; TableError in one sentence when it is malformed."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TableError(f"{path}: {error}") from error
    _keys(str(path), raw, TOP_LEVEL)
    commands = tuple(_command(entry, raw) for entry in raw["commands"])
    for command in commands:
        _check(command)
    enums = {name: tuple(values) for name, values in raw["enums"].items()}
    pairs = {name: (low, high) for name, (low, high) in raw["pairs"].items()}
    return Table(raw["generation"], tuple(raw["chips"]), raw["sources"], enums, pairs, commands)
