"""Chains of one kind of op, of any length: what looks at a whole chain for each of its ops shows here.

Sixteen channels of 14 x 14. Values do not matter; the calibration table is written, not measured.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from chain import finish

SHAPE, LIMIT = (1, 16, 14, 14), 4.0
_RELU = {"do_relu": False, "relu_limit": -1.0}
_POOL = {"kernel_shape": [3, 3], "strides": [1, 1], "pads": [1, 1, 1, 1]} | _RELU

# name, attributes and whether the op reads its operand twice, for the op at that position
Op = tuple[str, dict[str, Any], bool]


def _pad_and_slice(i: int) -> Op:
    pad = {"paddings": [0, 0, 1, 0, 0, 0, 0, 0], "mode": "constant", "val": 0.0}
    cut = {"offset": [0, 0, 1, 0], "steps": [1, 1, 1, 1], "ends": [1, 16, 15, 14]}
    return ("Slice", cut, False) if i % 2 else ("Pad", pad, False)


def _concat_and_slice(i: int) -> Op:
    cut = {"offset": [0, 8, 0, 0], "steps": [1, 1, 1, 1], "ends": [1, 24, 14, 14]}
    return ("Slice", cut, False) if i % 2 else ("Concat", {"axis": 1} | _RELU, True)


def _reshape_and_add(i: int) -> Op:
    if i % 2:
        return "AddConst", {"const_val": 0.5} | _RELU, False
    return "Reshape", {"shape": [1, 16, 14, 14] if i % 4 else [1, 16, 196, 1]}, False


KINDS: dict[str, Callable[[int], Op]] = {
    "Sigmoid": lambda i: ("Sigmoid", {}, False),
    "Tanh": lambda i: ("Tanh", {}, False),
    "Relu": lambda i: ("Relu", {"relu_limit": -1.0}, False),
    "LeakyRelu": lambda i: ("LeakyRelu", {"alpha": 0.1}, False),
    "AddConst": lambda i: ("AddConst", {"const_val": 0.5} | _RELU, False),
    "MulConst": lambda i: ("MulConst", {"const_val": 0.9} | _RELU, False),
    "Add": lambda i: ("Add", _RELU, True),
    "Mul": lambda i: ("Mul", _RELU, True),
    "MaxPool": lambda i: ("MaxPool", _POOL, False),
    "AvgPool": lambda i: ("AvgPool", _POOL, False),
    "Permute": lambda i: ("Permute", {"order": [0, 1, 3, 2]}, False),
    "Pad, Slice": _pad_and_slice,
    "Concat, Slice": _concat_and_slice,
    "Reshape, AddConst": _reshape_and_add,
}
KINDS["mixed"] = lambda i: list(KINDS.values())[i // 4 % 14](i % 4)  # four of each: pairs come whole


def write_kind(folder: Path, kind: str, ops: int) -> tuple[Path, Path]:
    """Writes a Top module of `ops` ops of a kind, and a calibration table for it; returns both paths."""
    from tpu_mlir.core import pymlir

    name = f"{kind.replace(', ', '_')}{ops}"
    builder = pymlir().Builder(name)
    x = builder.input("x", list(SHAPE), {})
    rows = [f"x {LIMIT} {-LIMIT} {LIMIT}"]
    for i in range(ops):
        op, attributes, twice = KINDS[kind](i)
        x = builder.op(f"top.{op}", [x, x] if twice else [x], attributes, f"t{i}")
        rows.append(f"t{i} {LIMIT} {0.0 if op in ('Sigmoid', 'Relu') else -LIMIT} {LIMIT}")
    return finish(builder, x, name, rows, folder)
