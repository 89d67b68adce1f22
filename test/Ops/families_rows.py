"""Random members of the families that compute along rows, and of functions of floats.

As in families.py, whose table these join.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from draws import ELEMENTS, draw_broadcast, draw_relu, draw_shape, draw_size
from harness import Build, Net


def _rows(rng: np.random.Generator, limit: int = ELEMENTS // 8) -> list[int]:
    """A shape of one to four axes, in which one may be long."""
    while True:
        shape = draw_shape(rng)[: int(rng.integers(1, 5))]
        if rng.integers(4) == 0:
            shape[int(rng.integers(len(shape)))] = draw_size(rng, 300, 20_000)
        if np.prod(shape) <= limit:
            return shape


def softmax(net: Net) -> list[Any]:
    """Along any axis, as a logarithm or not; rows longer than a lane's memory among them."""
    rng = net.rng
    shape = _rows(rng)
    axis = int(rng.integers(-len(shape), len(shape)))
    attributes = {"axis": axis, "log": bool(rng.integers(2)), "beta": float(rng.choice([1.0, 1.0, 0.5]))}
    return [net.op("Softmax", [net.input(shape, positive=rng.integers(4) == 0)], attributes)]


def reduce_(net: Net) -> list[Any]:
    """Any axes, kept or not. Products of more than a few numbers are of numbers near 1."""
    rng = net.rng
    shape = _rows(rng)
    mode = str(rng.choice(["Mean", "Sum", "Max", "Min", "Prod", "L1", "L2"]))
    axes = [a for a in range(len(shape)) if rng.integers(2)] or [int(rng.integers(len(shape)))]
    shape[axes[0]] = max(2, shape[axes[0]])  # of one element each nothing would be left to compute
    axes = [a - len(shape) if rng.integers(2) else a for a in axes]
    x = net.input(shape, positive=rng.integers(4) == 0)
    if all(shape[a] == 1 for a in axes):  # or there would be nothing for the chip to do
        x = net.op("AddConst", [x], {"const_val": 0.5})
    if mode == "Prod":
        count = np.prod([shape[a] for a in axes])
        x = net.op("MulConst", [x], {"const_val": float(0.5 / np.sqrt(count))})
        x = net.op("AddConst", [x], {"const_val": 1.0})
    return [net.op("Reduce", [x], {"axes": axes, "keepdims": bool(rng.integers(2)), "mode": mode})]


def cumsum(net: Net) -> list[Any]:
    rng = net.rng
    shape = _rows(rng)
    axis = int(rng.integers(-len(shape), len(shape)))
    shape[axis] = max(2, shape[axis])
    return [net.op("CumSum", [net.input(shape)], {"axis": axis})]


def norm(net: Net) -> list[Any]:
    """All four normalisations, with and without weights, of rows of any length."""
    rng = net.rng
    kind = str(rng.choice(["LayerNorm", "InstanceNorm", "GroupNorm", "RMSNorm"]))
    shape = _rows(rng)
    attributes: dict[str, Any] = {"eps": float(rng.choice([1e-5, 1e-3]))}
    size = shape[-1:]
    if kind == "LayerNorm":
        axis = int(rng.integers(len(shape)))
        size = shape[axis:]
        attributes |= {"axis": axis - len(shape) if rng.integers(2) else axis, "normalized_shape": size}
    elif kind != "RMSNorm":
        shape = draw_shape(rng, ELEMENTS // 8)
        size = shape[1:2]
    if kind == "GroupNorm":
        attributes["num_groups"] = int(rng.choice([d for d in range(1, shape[1] + 1) if shape[1] % d == 0]))
    weights = [net.weight(size) if rng.integers(2) else net.none() for _ in range(1 if kind == "RMSNorm" else 2)]
    return [net.op(kind, [net.input(shape, positive=rng.integers(4) == 0), *weights], attributes)]


# Of floats the programs of Active, of integers tables; the operand is positive where the function asks for it.
_FUNCTIONS: list[tuple[str, dict[str, Any], bool]] = [
    ("GELU", {"approx_mode": "tanh"}, False), ("Sin", {}, False), ("Cos", {}, False), ("Pow", {"exponent": 3.0}, False),
    ("Pow", {"exponent": 1.7}, True), ("Pow", {"exponent": -0.75}, True), ("Rsqrt", {}, True),
    ("Reciprocal", {"const_val": 1.0}, True), ("Reciprocal", {"const_val": -2.5}, True),
]  # fmt: skip


def function(net: Net) -> list[Any]:
    """Functions that are a program of many commands."""
    kind, attributes, positive = _FUNCTIONS[int(net.rng.integers(len(_FUNCTIONS)))]
    x = net.input(draw_shape(net.rng, ELEMENTS // 4), positive)
    if positive:  # away from 0, near which the results of others would be 0 in 8 bits
        x = net.op("AddConst", [x], {"const_val": 0.5})
    return [net.op(kind, [x], dict(attributes))]


def div(net: Net) -> list[Any]:
    rng = net.rng
    shape = draw_shape(rng, ELEMENTS // 4)
    left, right = (shape, draw_broadcast(rng, shape)) if rng.integers(2) else (draw_broadcast(rng, shape), shape)
    divisor = net.op("AddConst", [net.input(right, positive=True)], {"const_val": 0.5})
    dividend = net.weight(left) if rng.integers(4) == 0 else net.input(left, positive=bool(rng.integers(2)))
    return [net.op("Div", [dividend, divisor], draw_relu(rng))]


ROWS: dict[str, Build] = {
    "softmax": softmax, "reduce": reduce_, "cumsum": cumsum, "norm": norm, "function": function, "div": div,
}  # fmt: skip
