"""Reads chip files: the small part of YAML that they use, checked against the list of keys below.

Decides what a chip file may say (strict: an unknown or missing key is an error). The builds run this with the standard
library only, so there is no YAML package; what it accepts, a YAML package reads alike.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# section -> key -> (type, meaning with unit)
SCHEMA: dict[str, dict[str, tuple[str, str]]] = {
    "identity": {
        "name": ("text", "name that users type"),
        "isa": ("text", "instruction table"),
        "family": ("text", "how it does primitives: Family::name() of a folder of lib/Backend"),
        "bmodel_chip": ("text", "Model.chip in a bmodel"),
        "bmodel_version": ("text", "Model.version in a bmodel"),
        "cores": ("int", "cores"),
        "precisions": ("texts", "quantisation modes that the instructions can express"),
        "scope": ("text", "what the file is enough for: 'compile', or 'timing' where other numbers may be unknown"),
    },
    "local": {
        "lanes": ("int", "lanes, each with its own memory and execution units"),
        "lane_bytes": ("int", "bytes of local memory per lane"),
        "banks": ("int", "banks per lane"),
        "align_bytes": ("int", "alignment of tensors and channel strides, bytes"),
        "window_base": ("int", "address of lane 0 as GDMA sees it"),
        "lane_stride": ("int", "distance of two lanes in an address, bytes"),
        "static_base": ("int", "address of the static memory"),
        "static_bytes": ("int", "size of the static memory, bytes"),
        "static_serial_offset": ("int", "offset of the int32 table 0, 1, 2, ... in the static memory, bytes"),
        "l2_base": ("int", "address of the L2 memory"),
        "l2_bytes": ("int", "size of the L2 memory, bytes"),
    },
    "global": {
        "ddr_base": ("int", "first address of global memory"),
        "address_bits": ("int", "bits of an address"),
        "region_align": ("int", "alignment of regions and tensors in global memory, bytes"),
    },
    "compute": {
        "eu8": ("int", "execution units per lane, 8-bit formats"),
        "eu16": ("int", "execution units per lane, 16-bit formats"),
        "eu32": ("int", "execution units per lane, 32-bit formats"),
        "ic_parallel8": ("int", "input channels that lie together in convolution weights, 8-bit"),
        "ic_parallel16": ("int", "the same for 16-bit formats"),
        "ic_parallel32": ("int", "the same for 32-bit formats"),
        "mac8": ("int", "multiply-accumulates per cycle, 8-bit"),
        "mac16": ("int", "multiply-accumulates per cycle, 16-bit"),
        "mac32": ("int", "multiply-accumulates per cycle, 32-bit"),
    },
    "limits": {
        "command_ids": ("int", "command ids stay below this"),
        "stream_pad_bytes": ("int", "streams are padded to a multiple of this, bytes"),
        "max_dim": ("int", "largest size of a dimension"),
        "max_stride_elements": ("int", "largest stride of an element-wise operand, elements"),
        "max_window_stride": ("int", "largest stride of a window"),
        "max_window_pad": ("int", "largest padding of a window"),
        "max_dilation": ("int", "largest dilation"),
        "max_conv_insert": ("int", "most zeros between input elements, convolution"),
        "max_pool_insert": ("int", "most zeros between input elements, pooling and depth-wise"),
        "max_dma_wstride_bytes": ("int", "largest distance of neighbours in w, GDMA, bytes"),
        "min_shift": ("int", "smallest requantisation shift (negative: right)"),
        "max_shift": ("int", "largest requantisation shift"),
    },
    "quant": {
        "activation_levels_signed": ("int", "L of q = sat(round(x * L / threshold)), signed activations"),
        "activation_levels_unsigned": ("int", "L for unsigned activations"),
        "weight_levels": ("int", "L for weights"),
        "requant_round": ("text", "rounding of requantisation, a round_mode of the instruction table"),
        "float_round": ("text", "rounding of float to integer casts, a round_mode of the instruction table"),
    },
    "clock": {
        "tiu_mhz": ("int", "clock of the compute engine, MHz"),
        "gdma_mhz": ("int", "clock of the copy engine, MHz"),
    },
    "time": {
        "conv_cycles": ("float", "fixed cycles of a convolution"),
        "conv_cycles_per_group": ("float", "cycles of a convolution per group of output lanes"),
        "conv_pixels": ("int", "output pixels that a convolution makes per cycle"),
        "element_cycles": ("float", "fixed cycles of an element-wise command"),
        "element_bytes": ("int", "bytes per lane and cycle of an element-wise command"),
        "bank_conflict": ("float", "factor where operands and result share a bank, 8 and 16 bits"),
        "bank_conflict32": ("float", "the same for 32-bit elements"),
        "divide_factor": ("float", "factor of a division against another element-wise command"),
        "gather_cycles_per_element": ("float", "cycles per element and lane of a gather"),
        "gather_conflict": ("float", "factor of gathers that tolerate bank conflicts"),
        "pool_factor": ("float", "factor of pooling against kernel area times element-wise"),
        "depthwise_factor": ("float", "the same for depth-wise convolutions"),
        "pool_cycles": ("float", "fixed cycles of pooling and depth-wise"),
        "lane_copy_cycles": ("float", "fixed cycles of lane copies and broadcasts"),
        "transpose_cycles": ("float", "fixed cycles of transpositions"),
        "matmul_factor": ("float", "factor of matrix products against the ideal count"),
        "matrix2_cycles": ("float", "fixed cycles of matrix products on the convolution array"),
        "system_cycles": ("float", "cycles of a system command"),
        "issue_cycles": ("float", "gap between two commands of the compute engine"),
        "gdma_issue_cycles": ("float", "gap between two commands of the copy engine"),
        "gdma_latency_cycles": ("float", "fixed cycles of a copy"),
        "gdma_load_bytes": ("float", "bytes per cycle, global to local"),
        "gdma_store_bytes": ("float", "bytes per cycle, local to global"),
        "gdma_move_bytes": ("float", "bytes per cycle, global to global"),
        "gdma_shared_bytes": ("float", "bytes per cycle of all cores together"),
        "gdma_burst_bytes": ("int", "rows of a copy are rounded up to this, bytes"),
        "gdma_row_cycles": ("float", "extra cycles per row of a copy"),
        "launch_us": ("float", "time of one launch outside the engines, microseconds"),
        "user_copy_bytes": ("float", "bytes per nanosecond of copies between user and device memory"),
        "float_output_ns": ("float", "time to hand out one value as fp32, nanoseconds"),
        "float_input_ns": ("float", "time to quantise one fp32 input value, nanoseconds"),
    },
}

# Marks of the constants of the timing model, which may also have a range.
EVIDENCE = ("measured", "stated", "inferred", "guessed")
LINE = re.compile(
    r'^( *)(\w+):(?: \{value: (.+?)(?:, low: (\S+), high: (\S+))?(?:, evidence: "(\w+)")?, source: "([^"]*)"\})?$'
)
NUMBER = re.compile(r"-?(0x[0-9a-fA-F]+|[0-9]+)$")


class ChipFileError(Exception):
    """A chip file is malformed; the text is one sentence."""


@dataclass(frozen=True)
class Fact:
    """A value and where it comes from."""

    value: Any
    source: str
    evidence: str = ""
    low: float | None = None
    high: float | None = None


def _value(text: str, where: str) -> Any:
    if text == "unknown":
        return None
    if NUMBER.match(text):
        return int(text, 0)
    try:
        return json.loads(text)
    except ValueError as error:
        raise ChipFileError(f"{where}: cannot read value {text}") from error


def parse(path: Path) -> dict[str, Any]:
    """The file as nested dictionaries with Fact leaves."""
    out: dict[str, Any] = {}
    section: dict[str, Any] | None = None
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = raw.rstrip()
        if not line or line.lstrip().startswith("#"):
            continue
        where = f"{path.name}:{number}"
        match = LINE.match(line)
        if not match or len(match[1]) not in (0, 2):
            raise ChipFileError(f"{where}: expected 'section:' or 'key: {{value: ..., source: \"...\"}}'")
        into = section if match[1] else out
        if into is None or match[2] in into:
            raise ChipFileError(f"{where}: key '{match[2]}' is out of place or repeated")
        if match[3] is None:
            if match[1]:
                raise ChipFileError(f"{where}: key '{match[2]}' has no value")
            section = into[match[2]] = {}
        else:
            if not match[7]:
                raise ChipFileError(f"{where}: key '{match[2]}' has no source")
            low, high = (_value(end, where) if end else None for end in (match[4], match[5]))
            into[match[2]] = Fact(_value(match[3], where), match[7], match[6] or "", low, high)
    return out


def _fits(kind: str, value: Any) -> bool:
    if kind == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "float":
        return isinstance(value, float)
    if kind == "text":
        return isinstance(value, str)
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _check_constant(where: str, fact: Fact) -> None:
    """A constant of the timing model says how well it is known, and its range holds it."""
    if fact.evidence not in EVIDENCE:
        raise ChipFileError(f"{where} has evidence '{fact.evidence}', expected one of {', '.join(EVIDENCE)}")
    if (
        fact.value is not None
        and fact.low is not None
        and not (_fits("float", fact.low) and _fits("float", fact.high) and fact.low <= fact.value <= fact.high)
    ):
        raise ChipFileError(f"{where} has the range {fact.low} to {fact.high}, which does not hold {fact.value}")


def load_chip(path: Path) -> dict[str, dict[str, Fact]]:
    """One chip, checked against SCHEMA."""
    data = parse(path)
    scope = data.get("identity", {}).get("scope", Fact("compile", "")).value
    if scope not in ("compile", "timing"):
        raise ChipFileError(f"{path.name}: 'identity.scope' is '{scope}', expected 'compile' or 'timing'")
    compiles = scope == "compile"
    for section, keys in SCHEMA.items():
        if not isinstance(data.get(section), dict):
            raise ChipFileError(f"{path.name}: missing section '{section}'")
        for key, (kind, _) in keys.items():
            if key not in data[section]:
                raise ChipFileError(f"{path.name}: missing key '{section}.{key}'")
            if section == "time":
                _check_constant(f"{path.name}: '{section}.{key}'", data[section][key])
            if data[section][key].value is None and compiles:
                raise ChipFileError(f"{path.name}: '{section}.{key}' is unknown, which only scope 'timing' allows")
            if data[section][key].value is not None and not _fits(kind, data[section][key].value):
                raise ChipFileError(f"{path.name}: '{section}.{key}' is {data[section][key].value!r}, expected {kind}")
        extra = sorted(data[section].keys() - keys.keys())
        if extra:
            raise ChipFileError(f"{path.name}: unknown key '{section}.{extra[0]}'")
    if extra := sorted(data.keys() - SCHEMA.keys()):
        raise ChipFileError(f"{path.name}: unknown section '{extra[0]}'")
    return data


def load_known(path: Path) -> tuple[list[str], dict[str, str]]:
    """Names that users may type, and aliases."""
    data = parse(path)
    if data.keys() != {"known", "aliases"}:
        raise ChipFileError(f"{path.name}: expected the keys 'known' and 'aliases'")
    aliases = dict(item.split("=", 1) for item in data["aliases"].value)
    for name in [*aliases, *aliases.values()]:
        if name not in data["known"].value:
            raise ChipFileError(f"{path.name}: alias '{name}' is not a known name")
    return data["known"].value, aliases
