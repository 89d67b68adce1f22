"""What INT8 loses of a network: tensors whose values all become one, and operands of sums that count for nothing.

Both are invisible to a comparison of the result they go into: next to boxes of 640, scores of 0.9 change no cosine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..calibration.table import Range

# A tensor that moves by so many steps of its calibrated range cannot be one value by rounding alone.
MOST_STEPS = 4
Op = Mapping[str, Any]  # of pymlir.module.ops


@dataclass(frozen=True)
class Loss:
    """`sentence` names the tensor, the reason and what to do; `fatal` where nothing of the tensor is left."""

    tensor: str
    sentence: str
    fatal: bool


@dataclass(frozen=True)
class Network:
    """The lowered network and where it came from; `top` has the original's ops, `reference` its tensors in fp32."""

    lowered: Sequence[Op]
    top: Sequence[Op]
    outputs: Sequence[str]  # of `top`
    fixed: Mapping[str, Any]  # raw integers by lowered name
    scales: Mapping[str, float]
    reference: Mapping[str, Any]
    rows: Mapping[str, Range]
    quant_output: bool = False

    @cached_property
    def top_ops(self) -> dict[str, Op]:
        return {op["name"]: op for op in self.top}

    @cached_property
    def lowered_ops(self) -> dict[str, Op]:
        return {op["name"]: op for op in self.lowered}

    def source(self, name: str) -> str:
        """The tensor of `top` that a lowered one stands for: its own name, or that of what it was derived from."""
        while name not in self.top_ops and name in self.lowered_ops and self.lowered_ops[name]["operands"]:
            name = self.lowered_ops[name]["operands"][0]
        return name

    def label(self, name: str) -> str:
        """The tensor's name in the user's file: `br_Reshape` is `br`, the result of a node of that type."""
        found = re.fullmatch(r"(.+)_[A-Z][A-Za-z0-9]*", name)
        is_input = name in self.top_ops and self.top_ops[name]["op"] == "top.Input"
        return found[1] if found and not is_input else name

    def moves(self, name: str) -> bool:
        """Whether the fp32 tensor spreads over more than MOST_STEPS of its calibrated range."""
        row, values = self.rows.get(name), self.reference.get(name)
        if row is None or values is None or values.size < 2:
            return False
        return float(values.max()) - float(values.min()) > MOST_STEPS * _step(row)


def find_losses(network: Network) -> tuple[list[Loss], set[str]]:
    """In the order of execution, and all lowered tensors of one value; what follows from a loss is none of its own."""
    lost: set[str] = set()
    return list(_losses(network, lost)), lost


def _losses(network: Network, lost: set[str]) -> Iterator[Loss]:
    for op in network.lowered:
        if op["op"] == "tpu.Add":
            yield from _ignored(network, op, lost)
        values = network.fixed.get(op["name"])
        if values is None or values.dtype.kind not in "iu" or values.size < 2 or values.min() != values.max():
            continue
        source = network.source(op["name"])
        if not network.moves(source):
            continue
        if not lost.intersection(op["operands"]):
            yield Loss(source, _why_one(network, op, source), fatal=True)
        lost.add(op["name"])


def _why_one(network: Network, op: Op, source: str) -> str:
    values, scale = network.fixed[op["name"]], network.scales.get(op["name"], 1.0)
    true = network.reference[source]
    spread = f"{float(true.min()):.3g} to {float(true.max()):.3g}"
    reader = next((r for r in network.lowered if op["name"] in r["operands"]), None)
    count = f"all of its {values.size} values become one"
    if op["op"] == "tpu.RequantInt" and op["name"] not in network.top_ops and reader is not None:
        kind = reader["op"].removeprefix("tpu.")
        what = f"operand '{network.label(source)}' of the {kind} '{network.label(reader['name'])}' is lost: {count}"
        if kind == "Pad":
            fill = reader["attributes"].get("val", 0.0)
            return f"{what}, because its pads of {fill:g} set a step of {scale:.3g}; pad with a value near its own"
        what += f", because the parts share one scale, a step of {scale:.3g}, and it spans {spread}"
        return f"{what}; {_advice(network, reader['name'])}"
    what = f"tensor '{network.label(source)}' is lost: {count}"
    limits = _limits(values.dtype)
    if int(values.flat[0]) in limits:
        row = network.rows[source]
        return (
            f"{what}, because it spans {spread} here and its calibrated range ends at {row.threshold:.3g}; "
            f"calibrate on inputs like this one"
        )
    fill = _fill_above(network, op)
    if fill is not None:
        return f"{what}, because its step is {scale:.3g} and it spans {spread}; {fill}"
    return f"{what}, because its step is {scale:.3g} and it spans {spread}; {_advice(network, op['name'])}"


def _ignored(network: Network, op: Op, lost: set[str]) -> Iterator[Loss]:
    """Operands of a sum that never reach half of its step."""
    multipliers, shift = op["attributes"].get("multipliers"), op["attributes"].get("rshift", 0)
    if not multipliers:
        return
    dominant = op["operands"][max(range(len(multipliers)), key=lambda i: abs(multipliers[i]))]
    for name, multiplier in zip(op["operands"], multipliers, strict=True):
        values = network.fixed.get(name)
        if values is None or values.dtype.kind not in "iu" or name in lost or name == dominant:
            continue
        largest = max(abs(int(values.min())), abs(int(values.max())))
        source = network.source(name)
        if abs(multiplier) * largest >= 2.0 ** (shift - 1) or not network.moves(source):
            continue
        row, step = network.rows[source], network.scales.get(op["name"], 1.0)
        yield Loss(
            source,
            f"operand '{network.label(source)}' of the sum '{network.label(op['name'])}' counts for nothing: its "
            f"values, up to {row.threshold:.3g}, are below half a step of {step:.3g}, which "
            f"'{network.label(dominant)}' sets",
            fatal=False,
        )


def _fill_above(network: Network, op: Op) -> str | None:
    """What to do about a pad among what the tensor is computed from, whose value sets the tensor's range."""
    ops, row = network.top_ops, network.rows.get(op["name"])
    todo, seen = [op["name"]], set()
    while todo:
        name = todo.pop()
        if name in seen or name not in ops:
            continue
        seen.add(name)
        todo += ops[name]["operands"]
        fill = ops[name]["attributes"].get("val") if ops[name]["op"] == "top.Pad" else None
        if fill and row is not None and abs(fill) >= row.threshold / 2:
            return f"'{network.label(name)}' pads with {fill:g}: pad with a value that the network's tensors come near"
    return None


def _advice(network: Network, name: str) -> str:
    """Names for --output_names that cut before the op of `name`, and keep the outputs that do not depend on it."""
    ops, source = network.top_ops, network.source(name)
    parts = [operand for operand in ops[source]["operands"] if operand in ops] if source in ops else []
    kept = [output for output in network.outputs if not _depends(ops, output, source)]
    cut = [*(p for p in parts if ops[p]["op"] != "top.Input"), *kept]
    unquantised = "leave out --quant_output, or " if network.quant_output else ""
    if not cut:
        return f"{unquantised}calibrate on inputs like this one"
    names = ",".join(dict.fromkeys(map(network.label, cut)))
    return f"{unquantised}cut before it with --output_names {names} at model_transform.py"


def _depends(ops: Mapping[str, Op], output: str, name: str) -> bool:
    todo, seen = [output], set()
    while todo:
        current = todo.pop()
        if current == name:
            return True
        if current not in seen and current in ops:
            seen.add(current)
            todo += ops[current]["operands"]
    return False


def _limits(dtype: Any) -> tuple[int, ...]:
    """The values where a format saturates; zero is none, because it may be the true value."""
    import numpy as np

    info = np.iinfo(dtype)
    return tuple(v for v in (int(info.min), int(info.max)) if v)


def _step(row: Range) -> float:
    return row.threshold / (255 if row.minimum >= 0 else 128)
