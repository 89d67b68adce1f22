"""Random networks on rows of features, as transformers have: products, permutations of heads, bias, activations.

Values are [batch, rows, features]; every op reads a recent one. Builders draw from the network's own source.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from draws import draw_relu
from families import UNARY
from harness import Net

_ELEMENTS = 100_000  # most elements of one tensor
_MACS = 20_000_000  # most multiply-accumulates of one product
Made = tuple[Any, list[int]]  # a value with its shape


def _product(net: Net, x: Made) -> Made | None:
    rng = net.rng
    *lead, m, k = x[1]
    n = int(rng.choice([8, 24, 48, 64, 65, 100, 192]))
    if int(np.prod(lead)) * m * max(n, k) > _ELEMENTS or int(np.prod(lead)) * m * n * k > _MACS:
        return None
    weight = net.weight([k, n], 1 / np.sqrt(k))
    bias = net.weight([n], 0.3) if rng.integers(2) else net.none()
    return net.op("MatMul", [x[0], weight, bias], draw_relu(rng)), [*lead, m, n]


def _unary(net: Net, x: Made) -> Made:
    # Products grow, and their exponentials are infinite soon.
    kinds = [u for u in UNARY if u[0] == "Relu" or u[0] != "Exp"]
    kind, attrs = kinds[int(net.rng.integers(len(kinds)))]
    return net.op(kind, [x[0]], dict(attrs)), x[1]


def _bias(net: Net, x: Made) -> Made:
    return net.op("Add", [x[0], net.weight([x[1][-1]])], draw_relu(net.rng)), x[1]


def _add(net: Net, x: Made, others: list[Made]) -> Made | None:
    same = [o for o in others if o[1] == x[1] and o[0] is not x[0]]
    if not same:
        return None
    other = same[int(net.rng.integers(len(same)))]
    return net.op("Mul" if net.rng.integers(4) == 0 else "Add", [x[0], other[0]], draw_relu(net.rng)), x[1]


def _permute(net: Net, x: Made, order: list[int]) -> Made:
    return net.op("Permute", [x[0]], {"order": order}), [x[1][i] for i in order]


def _reshape(net: Net, x: Made, shape: list[int]) -> Made:
    return net.op("Reshape", [x[0]], {"shape": shape}), shape


def _swap(net: Net, x: Made) -> Made | None:
    rank = len(x[1])
    return _permute(net, x, [*range(rank - 2), rank - 1, rank - 2])


def _slice(net: Net, x: Made) -> Made | None:
    rng = net.rng
    offset, ends, steps = [0] * len(x[1]), list(x[1]), [1] * len(x[1])
    axis = int(rng.integers(1, len(x[1])))
    offset[axis] = int(rng.integers(0, x[1][axis]))
    ends[axis] = int(rng.integers(offset[axis] + 1, x[1][axis] + 1))
    steps[axis] = int(rng.choice([1, 1, 2]))
    shape = [(e - o + s - 1) // s for o, e, s in zip(offset, ends, steps, strict=True)]
    return net.op("Slice", [x[0]], {"offset": offset, "steps": steps, "ends": ends}), shape


def _below(net: Net, x: Made, others: list[Made]) -> Made | None:
    same = [o for o in others if len(o[1]) == 3 and o[1][0] == x[1][0] and o[1][2] == x[1][2]]
    other = same[int(net.rng.integers(len(same)))]
    shape = [x[1][0], x[1][1] + other[1][1], x[1][2]]
    if int(np.prod(shape)) > _ELEMENTS:
        return None
    return net.op("Concat", [x[0], other[0]], {"axis": 1}), shape


def _attention(net: Net, x: Made) -> Made | None:
    """Heads of a value against those of itself: [b, m, h * d] to [b, h, m, m] to [b, m, h * d]."""
    b, m, f = x[1]
    fitting = [h for h in (1, 2, 3, 4, 8) if f % h == 0]
    h = int(net.rng.choice(fitting))
    d = f // h
    if b * h * m * m > _ELEMENTS:
        return None
    parts = [_product(net, x) if net.rng.integers(2) else x for _ in range(3)]
    if any(p is None or p[1] != x[1] for p in parts):
        parts = [x, x, x]
    split = [_reshape(net, p, [b, m, h, d]) for p in parts if p]
    q, v = _permute(net, split[0], [0, 2, 1, 3]), _permute(net, split[2], [0, 2, 1, 3])
    k = _permute(net, split[1], [0, 2, 3, 1])
    scores = net.op("MatMul", [q[0], k[0], net.none()], draw_relu(net.rng))
    mixed: Made = net.op("MatMul", [scores, v[0], net.none()], {}), [b, h, m, d]
    return _reshape(net, _permute(net, mixed, [0, 2, 1, 3]), [b, m, f])


def tokens(net: Net) -> list[Any]:
    rng = net.rng
    shape = [int(rng.choice([1, 1, 2, 3])), int(rng.choice([1, 5, 17, 49, 64, 70, 150])), 0]
    shape[2] = int(rng.choice([8, 24, 48, 64, 96]))
    if rng.integers(3) == 0:  # from an image's pixels
        side = int(rng.integers(2, 12))
        image: Made = net.input([shape[0], shape[2], side, side]), [shape[0], shape[2], side, side]
        first = _permute(net, _reshape(net, image, [shape[0], shape[2], side * side]), [0, 2, 1])
    else:
        first = net.input(shape), shape
    values, read = [first], set()
    makers = [_product, _product, _unary, _bias, _add, _add, _swap, _slice, _below, _attention]
    wanted = int(rng.integers(3, 12))
    for _ in range(100):
        if len(values) > wanted:
            break
        at = max(0, len(values) - 1 - int(rng.exponential(1.0)))
        maker = makers[int(rng.integers(len(makers)))]
        made = maker(net, values[at], values) if maker in (_add, _below) else maker(net, values[at])  # type: ignore[operator]
        if made:
            read.add(at)
            values.append(made)
    if 0 not in read:
        values.append(_unary(net, values[0]))
    return [v[0] for i, v in enumerate(values) if i and i not in read]
