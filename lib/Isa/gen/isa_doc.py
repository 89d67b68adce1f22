"""Writes the reference page of an instruction table, docs/reference/isa.md; `--check` only compares.

Decides the page's order: how well things are known, then families with their commands, then bits, then fields.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from isa_table import EVIDENCE, Command, Field, Table, TableError, load

LEGEND = (
    "*verified*: seen in vendor-made streams and re-encoded bit for bit; *stated*: by a public source; "
    "*inferred*: by us; *unknown*: the bits are known, the effect is not. "
    "Bit positions of all rows were re-checked by encoding."
)
CONVENTIONS = (
    "Byte order is little endian; bit 0 is the lowest bit of byte 0. A leading S marks a short form, except in SYSID, "
    "SFU, SG and SGL. Initial cycles are those of the vendor's static estimate, not measurements."
)


def row(*cells: object) -> str:
    """One line of a markdown table."""
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def head(*cells: str) -> list[str]:
    """The first two lines of a markdown table."""
    return [row(*cells), "|" + "---|" * len(cells)]


def summary(table: Table) -> list[str]:
    """How many rows are how well known."""
    fields = [f for c in table.commands for f in c.fields if not f.reserved]
    kinds = [k for c in table.commands for k in c.kinds]
    names = {k.name: k for k in kinds}
    best = {n: min((k.evidence for k in kinds if k.name == n), key=EVIDENCE.index) for n in names}
    out = ["## How well it is known", "", LEGEND, "", *head("", *EVIDENCE, "all")]
    for label, items in (
        ("fields of commands", [f.evidence for f in fields]),
        ("kinds of commands", [k.evidence for k in kinds]),
        ("operations (best form of each)", list(best.values())),
    ):
        count = Counter(items)
        out.append(row(label, *(count[e] for e in EVIDENCE), len(items)))
    return [*out, ""]


def family_section(name: str, commands: list[Command], layout_of: dict[str, str]) -> list[str]:
    """Commands, operands and operations of a family."""
    first = commands[0]
    out = [f"### {name}: {first.title}", ""]
    if first.note:
        out += [first.note[0].upper() + first.note[1:] + ".", ""]
    out += head("command", "bytes", "in a static stream", "layout")
    accepted = {"always": "yes", "last": "as the last command", "never": "no"}
    for command in commands:
        layout = layout_of[command.name]
        link = f"[{layout}](#layout-{layout.lower()})"
        out.append(row(f"`{command.name}`", command.bytes, accepted[command.runtime], link))
    if first.operands:
        out += ["", *head("operand", "meaning"), *(row(f"`{a}`", b) for a, b in first.operands)]
    kinds = {k.name: k for c in commands for k in c.kinds}
    out += ["", *head("operation", "number", "initial cycles", *(f"`{c.name}`" for c in commands))]
    for kind in kinds.values():
        cells = []
        for command in commands:
            match = [k.evidence for k in command.kinds if k.name == kind.name]
            cells.append(match[0] if match else "")
        out.append(row(f"`{kind.name}`", kind.value, kind.initial_cycles, *cells))
    return [*out, ""]


def legal(field: Field, table: Table) -> str:
    """The legal values of a field in words."""
    if field.enum:
        values = table.enums[field.enum][: field.maximum + 1]
        return ", ".join(f"{i} {v}" for i, v in enumerate(values))
    if field.maximum == (1 << field.width) - 1 and not field.minimum:
        return "any"
    return f"{field.minimum} to {field.maximum}"


def layout_section(name: str, users: list[Command]) -> list[str]:
    """Bit positions, once for all commands that share them."""
    out = [
        f"### Layout {name}",
        "",
        "Used by " + ", ".join(f"`{c.name}`" for c in users) + ".",
        "",
        *head("field", "bits", "width", "default", "evidence"),
    ]
    for index, field in enumerate(users[0].fields):
        if field.reserved:
            continue
        same = [c.fields[index] for c in users]
        evidence = min((f.evidence for f in same), key=EVIDENCE.index)
        default = "0" if not field.default else hex(field.default) if field.default > 9 else str(field.default)
        last = field.bit + field.width - 1
        bits = str(field.bit) if field.width == 1 else f"{field.bit}-{last}"
        out.append(row(f"`{field.name}`", bits, field.width, default, evidence))
    return [*out, ""]


def page(table: Table) -> str:
    """The whole page."""
    layouts: dict[tuple[tuple[str, int, int], ...], list[Command]] = {}
    for command in table.commands:
        layouts.setdefault(tuple((f.name, f.bit, f.width) for f in command.fields), []).append(command)
    layout_of = {c.name: users[0].name for users in layouts.values() for c in users}
    families: dict[str, list[Command]] = {}
    for command in table.commands:
        families.setdefault(command.family, []).append(command)
    out = [
        f"# Instruction set: {table.generation}",
        "",
        "<!-- Generated by lib/Isa/gen/isa_doc.py from lib/Isa/tables; do not edit. -->",
        "",
        f"Chips: {', '.join(table.chips)}. Sources: {table.sources}.",
        "",
        CONVENTIONS,
        "",
        *summary(table),
    ]
    for engine, title in (("TIU", "Compute engine (TIU)"), ("GDMA", "Copy engine (GDMA)")):
        out += [f"## {title}", ""]
        for name, commands in families.items():
            if commands[0].engine == engine:
                out += family_section(name, commands, layout_of)
    out += ["## Bits", "", "Reserved bits are left out; they are 0.", ""]
    for users in layouts.values():
        out += layout_section(users[0].name, users)
    fields = {f.name: f for c in table.commands for f in c.fields if not f.reserved}
    out += ["## Fields", "", *head("field", "legal values", "meaning")]
    out += [row(f"`{f.name}`", legal(f, table), f.meaning) for f in fields.values()]
    pairs = [row(f"`{k}`", f"`{low}`", f"`{high}`") for k, (low, high) in table.pairs.items()]
    out += ["", "Text joins these pairs into one number:", "", *head("name", "low 32 bits", "rest"), *pairs, ""]
    return "\n".join(out)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("page", type=Path)
    parser.add_argument("--check", action="store_true", help="fail where the page is not what would be written")
    args = parser.parse_args()
    try:
        text = page(load(args.table))
    except TableError as error:
        print(f"isa_doc: {error}", file=sys.stderr)
        return 1
    if args.check:
        if not args.page.exists() or args.page.read_text(encoding="utf-8") != text:
            print(
                f"isa_doc: {args.page} is not what {args.table.name} gives; run this without --check", file=sys.stderr
            )
            return 1
        return 0
    args.page.parent.mkdir(parents=True, exist_ok=True)
    args.page.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
