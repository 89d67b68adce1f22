"""Random members of the families that compare, choose and look up, and of products of many matrices.

As in families.py, whose table these join.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from draws import ELEMENTS, MACS, draw_broadcast, draw_deep, draw_relu, draw_shape, draw_size
from harness import Build, Net


def _steps(net: Net, shape: list[int], offset: float = 0.0, limit: float = 3.0) -> Any:
    """An input of quarters (plus `offset`) up to `limit`, which every format tells apart; or a tensor computed of it.

    Its largest and smallest elements are always the same, so that all such tensors have one scale.
    """
    data = np.round(net.rng.uniform(-limit, limit, shape) * 4) / 4 + offset
    data.flat[0] = limit
    data.flat[-1] = -limit if data.size > 1 else limit
    name = net.name("input")
    net.inputs[name] = data.astype(np.float32)
    value = net.builder.input(name, list(shape), {})
    if net.rng.integers(3) == 0:
        return value
    return net.op("Clip", [value], {"min": -2 * limit, "max": 2 * limit})


_ORDERS = ["Equal", "NotEqual", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"]


def _choice_shape(rng: np.random.Generator) -> list[int]:
    return draw_deep(rng) if rng.integers(4) == 0 else draw_shape(rng, ELEMENTS // 4)


def _comparison(net: Net, shape: list[int]) -> Any:
    """Truth values of that shape, or one that broadcasts to it."""
    rng = net.rng
    mode = str(rng.choice(_ORDERS))
    left = _steps(net, draw_broadcast(rng, shape))
    if rng.integers(3) == 0:
        return net.op("CompareConst", [left], {"mode": mode, "const_val": float(rng.choice([0.125, -0.6, 1.0, 99.0]))})
    other = draw_broadcast(rng, shape)
    if rng.integers(4) == 0:
        steps = (np.round(rng.uniform(-2, 2, other) * 4) / 4).astype(np.float32)
        return net.op("Compare", [left, net.builder.weight(net.name("weight"), steps)], {"mode": mode})
    # Of another scale, nothing may be equal.
    other_scale = rng.integers(3) == 0 and mode not in ("Equal", "NotEqual")
    right = _steps(net, other, 0.125, 2.5) if other_scale else _steps(net, other)
    return net.op("Compare", [left, right], {"mode": mode})


def compare(net: Net) -> list[Any]:
    """A comparison, by itself or joined with another one."""
    shape = _choice_shape(net.rng)
    first = _comparison(net, shape)
    if net.rng.integers(2):
        return [first]
    mode = str(net.rng.choice(["And", "Or", "Xor"]))
    return [net.op("Compare", [first, _comparison(net, shape)], {"mode": mode})]


def where(net: Net) -> list[Any]:
    rng = net.rng
    shape = _choice_shape(rng)
    operands, attrs = [_comparison(net, shape)], {}
    for letter in "xy":
        other = draw_broadcast(rng, shape)
        kind = int(rng.integers(5))
        if kind == 0:
            attrs |= {f"{letter}_is_const": True, f"{letter}_const_val": float(rng.choice([0.0, -1.0, 2.5]))}
            operands.append(net.none())
        elif kind == 1:
            operands.append(net.weight(other))
        else:
            operands.append(net.input(other, positive=bool(rng.integers(2))))
    return [net.op("Where", operands, attrs)]


def _axis_shape(rng: np.random.Generator, limit: int) -> tuple[list[int], int]:
    """A shape of one to four axes, and one of them."""
    while True:
        shape = [draw_size(rng, 1, 90) for _ in range(int(rng.integers(1, 5)))]
        axis = int(rng.integers(len(shape)))
        if rng.integers(8) == 0:
            shape[axis] = draw_size(rng, 300, 3000)
        if np.prod(shape) <= limit:
            return shape, axis


def arg(net: Net) -> list[Any]:
    """Many elements are equal."""
    rng = net.rng
    shape, axis = _axis_shape(rng, ELEMENTS // 8)
    attrs = {
        "axis": axis,
        "mode": str(rng.choice(["ArgMax", "ArgMin"])),
        "keepdims": bool(rng.integers(2)),
        "select_last_index": bool(rng.integers(2)),
    }
    return [net.op("Arg", [_steps(net, shape)], attrs)]


def topk(net: Net) -> list[Any]:
    rng = net.rng
    shape, axis = _axis_shape(rng, ELEMENTS // 32)
    attrs = {"axis": axis, "K": int(rng.integers(1, min(shape[axis], 6) + 1)), "largest": bool(rng.integers(2))}
    value = _steps(net, shape)
    wanted = [["values"], ["indices"], ["values", "indices"]][int(rng.integers(3))]
    return [net.op("TopK", [value], {**attrs, "gives": gives}) for gives in wanted]


def take(net: Net) -> list[Any]:
    """Indices that are given at run time, of a table or of a computed tensor."""
    rng = net.rng
    shape, axis = _axis_shape(rng, ELEMENTS // 32)
    places = [draw_size(rng, 1, 30) for _ in range(int(rng.integers(1, 3)))]
    while np.prod(places) * np.prod(shape) > MACS // 8:
        places = [max(1, p // 2) for p in places]
    name = net.name("input")
    net.inputs[name] = rng.integers(-shape[axis], shape[axis], places).astype(np.float32)
    indices = net.builder.input(name, places, {})
    data = net.weight(shape) if rng.integers(2) else net.input(shape)
    return [net.op("Take", [data, indices], {"axis": axis})]


def matmul_batches(net: Net) -> list[Any]:
    """Batches that repeat in either operand, of any rank."""
    rng = net.rng
    while True:
        batch = [int(v) for v in rng.integers(1, 6, size=int(rng.integers(1, 5)))]
        m, k, n = (draw_size(rng, 1, 100) for _ in range(3))
        if np.prod(batch) * m * k * n <= MACS // 4 and np.prod(batch) * max(m * k, k * n, m * n) <= ELEMENTS:
            break
    left, right = ([1 if rng.integers(2) else b for b in batch][int(rng.integers(2)) :] for _ in range(2))
    transposes = bool(rng.integers(4) == 0), bool(rng.integers(4) == 0)
    left += [k, m] if transposes[0] else [m, k]
    right += [n, k] if transposes[1] else [k, n]
    operands = [net.input(left, positive=bool(rng.integers(2))), net.none(), net.none()]
    operands[1] = net.weight(right) if rng.integers(4) == 0 else net.input(right)
    attrs = {"left_transpose": transposes[0], "right_transpose": transposes[1], **draw_relu(rng)}
    return [net.op("MatMul", operands, attrs)]


CHOICE: dict[str, Build] = {
    "compare": compare, "where": where, "arg": arg, "topk": topk, "take": take, "matmul_batches": matmul_batches,
}  # fmt: skip
