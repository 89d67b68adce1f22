"""Every Top op in the fp32 interpreter on seeded random shapes, in every way it can be run, against numpy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("pymlir", reason="the compiled module 'pymlir' is not on the path")
from pymlir_graphs import Graph

CASES = 12


def _relu(rng: Any) -> dict[str, Any]:
    kind = rng.integers(4)
    return [{}, {}, {"do_relu": True}, {"do_relu": True, "relu_limit": 6.0}][kind]


def _window(rng: Any, size: int, dilations: bool = False) -> tuple[int, int, int, int, int]:
    """kernel, stride, pad before, pad after, dilation that fit `size` and leave no window in the padding."""
    kernel = int(rng.integers(1, min(6, size) + 1))
    dilation = int(rng.integers(1, 3)) if dilations and (kernel - 1) * 2 + 1 <= size else 1
    stride = int(rng.integers(1, 4))
    before, after = (int(rng.integers(0, kernel)) for _ in range(2))
    out = (size + before + after - dilation * (kernel - 1) - 1) // stride + 1
    if (out - 1) * stride - before >= size:
        after = 0
    return kernel, stride, before, after, dilation


def _image(graph: Graph, most_channels: int = 40) -> Any:
    rng = graph.rng
    n, c, h, w = (int(rng.integers(1, most + 1)) for most in (3, most_channels, 20, 20))
    return graph.input([n, c, h, w])


def conv(graph: Graph) -> Any:
    rng = graph.rng
    kind = rng.integers(3)
    group = 1 if kind == 0 else int(rng.integers(2, 9))
    per_group = 1 if kind == 2 else int(rng.integers(1, 12))
    out_per_group = 1 if kind == 2 else int(rng.integers(1, 12))
    n, h, w = int(rng.integers(1, 4)), int(rng.integers(1, 24)), int(rng.integers(1, 24))
    x = graph.input([n, group * per_group, h, w])
    rows, columns = _window(rng, h, True), _window(rng, w, True)
    weight = graph.weight(graph.random([group * out_per_group, per_group, rows[0], columns[0]]))
    bias = graph.weight(graph.random([group * out_per_group])) if rng.integers(2) else None
    attributes = {
        "kernel_shape": [rows[0], columns[0]], "strides": [rows[1], columns[1]], "dilations": [rows[4], columns[4]],
        "pads": [rows[2], columns[2], rows[3], columns[3]], "group": group, **_relu(rng),
    }  # fmt: skip
    return graph.op("Conv", [x, weight, bias], attributes)


def conv_of_tensors(graph: Graph) -> Any:
    """Filter and bias that another op computes."""
    x, w, b = graph.input([2, 6, 9, 8]), graph.input([4, 3, 3, 3]), graph.input([4])
    doubled = graph.op("MulConst", [w], {"const_val": 2.0})
    attributes = {"kernel_shape": [3, 3], "strides": [1, 2], "dilations": [1, 1], "pads": [1, 0, 1, 1], "group": 2}
    return graph.op("Conv", [x, doubled, b], attributes)


def matmul(graph: Graph) -> Any:
    rng = graph.rng
    m, k, n = (int(rng.integers(1, 40)) for _ in range(3))
    batch = [int(b) for b in rng.integers(1, 4, int(rng.integers(0, 3)))]
    left_batch = [b if rng.integers(3) else 1 for b in batch]
    right_batch = [b if rng.integers(3) else 1 for b in batch][int(rng.integers(0, len(batch) + 1)) :]
    left_transpose, right_transpose = bool(rng.integers(2)), bool(rng.integers(2))
    left = graph.input([*left_batch, *((k, m) if left_transpose else (m, k))])
    right_value = graph.random([*right_batch, *((n, k) if right_transpose else (k, n))])
    right = graph.weight(right_value) if rng.integers(2) else graph.input(right_value.shape, right_value)
    bias = graph.weight(graph.random([n])) if rng.integers(2) else None
    attributes = {"left_transpose": left_transpose, "right_transpose": right_transpose, **_relu(rng)}
    return graph.op("MatMul", [left, right, bias], attributes)


def batch_norm(graph: Graph) -> Any:
    x = _image(graph)
    c = x.shape[1]
    mean, gamma, beta = (graph.weight(graph.random([c])) for _ in range(3))
    variance = graph.weight(np.abs(graph.random([c])) + np.float32(0.1))
    return graph.op("BatchNorm", [x, mean, variance, gamma, beta], {"epsilon": 1e-3, **_relu(graph.rng)})


def scale(graph: Graph) -> Any:
    x = _image(graph) if graph.rng.integers(2) else graph.input([3, 7])
    c = x.shape[1]
    return graph.op("Scale", [x, graph.weight(graph.random([c])), graph.weight(graph.random([c]))], _relu(graph.rng))


def _broadcast_operands(graph: Graph, count: int) -> list[Any]:
    rng = graph.rng
    rank = int(rng.integers(1, 6))
    shape = [int(s) for s in rng.integers(1, 7, rank)]
    operands = []
    for i in range(count):
        own = [s if rng.integers(3) else 1 for s in shape] if i else shape
        own = own[int(rng.integers(0, rank)) :] if i and rng.integers(2) else own
        value = graph.random(own)
        operands.append(graph.weight(value) if i and rng.integers(2) else graph.input(own, value))
    order = rng.permutation(count)
    return [operands[i] for i in order]


def add(graph: Graph) -> Any:
    rng = graph.rng
    operands = _broadcast_operands(graph, int(rng.integers(2, 5)))
    coefficients = {"coeff": [float(c) for c in rng.normal(0, 2, len(operands))]} if rng.integers(2) else {}
    return graph.op("Add", operands, {**coefficients, **_relu(rng)})


def sub(graph: Graph) -> Any:
    return graph.op("Sub", _broadcast_operands(graph, 2), _relu(graph.rng))


def mul(graph: Graph) -> Any:
    return graph.op("Mul", _broadcast_operands(graph, int(graph.rng.integers(2, 5))), _relu(graph.rng))


def per_channel(graph: Graph) -> Any:
    """Arithmetic with a weight per channel, on either side."""
    x = _image(graph)
    shape = [x.shape[1], 1, 1] if graph.rng.integers(2) else [1, x.shape[1], 1, 1]
    operands = [x, graph.weight(graph.random(shape))]
    op = ["Add", "Sub", "Mul"][graph.rng.integers(3)]
    return graph.op(op, operands if graph.rng.integers(2) else operands[::-1])


def constants(graph: Graph) -> Any:
    x = graph.op("AddConst", [_image(graph)], {"const_val": -1.5, **_relu(graph.rng)})
    return graph.op("MulConst", [x], {"const_val": 2.5})


def max_pool(graph: Graph) -> Any:
    x = _image(graph)
    rows, columns = _window(graph.rng, x.shape[2]), _window(graph.rng, x.shape[3])
    attributes = {
        "kernel_shape": [rows[0], columns[0]], "strides": [rows[1], columns[1]],
        "pads": [rows[2], columns[2], rows[3], columns[3]], **_relu(graph.rng),
    }  # fmt: skip
    return graph.op("MaxPool", [x], attributes)


def avg_pool(graph: Graph) -> Any:
    x = _image(graph)
    rows, columns = _window(graph.rng, x.shape[2]), _window(graph.rng, x.shape[3])
    ceil = [int(graph.rng.integers(0, rows[3] + 1)), int(graph.rng.integers(0, columns[3] + 1))]
    attributes = {
        "kernel_shape": [rows[0], columns[0]], "strides": [rows[1], columns[1]],
        "pads": [rows[2], columns[2], rows[3], columns[3]], "ceil_pad": ceil if graph.rng.integers(2) else [0, 0],
        "count_include_pad": bool(graph.rng.integers(2)), **_relu(graph.rng),
    }  # fmt: skip
    return graph.op("AvgPool", [x], attributes)


def concat(graph: Graph) -> Any:
    rng = graph.rng
    rank = int(rng.integers(1, 6))
    axis = int(rng.integers(0, rank))
    shape = [int(s) for s in rng.integers(1, 9, rank)]
    parts = []
    for _ in range(int(rng.integers(1, 5))):
        own = list(shape)
        own[axis] = int(rng.integers(1, 9))
        parts.append(graph.input(own))
    return graph.op("Concat", parts, {"axis": axis, **_relu(rng)})


def slices(graph: Graph) -> Any:
    rng = graph.rng
    x = graph.input([int(s) for s in rng.integers(1, 12, int(rng.integers(1, 6)))])
    offset = [int(rng.integers(0, s)) for s in x.shape]
    ends = [int(rng.integers(o + 1, s + 1)) for o, s in zip(offset, x.shape, strict=True)]
    return graph.op(
        "Slice", [x], {"offset": offset, "ends": ends, "steps": [int(s) for s in rng.integers(1, 4, len(ends))]}
    )


def pad(graph: Graph) -> Any:
    rng = graph.rng
    x = graph.input([int(s) for s in rng.integers(3, 9, int(rng.integers(1, 6)))])
    mode = ["constant", "reflect", "edge"][rng.integers(3)]
    return graph.op(
        "Pad", [x], {"paddings": [int(p) for p in rng.integers(0, 3, 2 * len(x.shape))], "val": 1.5, "mode": mode}
    )


def permute(graph: Graph) -> Any:
    rank = int(graph.rng.integers(1, 6))
    x = graph.input([int(s) for s in graph.rng.integers(1, 9, rank)])
    return graph.op("Permute", [x], {"order": [int(a) for a in graph.rng.permutation(rank)]})


def reshape(graph: Graph) -> Any:
    x = graph.input([4, 6, 2, 5])
    x = graph.op("Reshape", [x], {"shape": [8, 30]})
    x = graph.op("Flatten", [graph.op("Reshape", [x], {"shape": [2, 4, 3, 10]})], {"start_dim": 1, "end_dim": 2})
    return graph.op("Cast", [x]) if graph.rng.integers(2) else graph.op("Relu", [x], {"relu_limit": -1.0})


def upsample(graph: Graph) -> Any:
    return graph.op(
        "Upsample",
        [_image(graph)],
        {"scale_h": int(graph.rng.integers(1, 4)), "scale_w": int(graph.rng.integers(1, 4))},
    )


@pytest.mark.parametrize("case", range(CASES))
@pytest.mark.parametrize(
    "make",
    [
        conv, conv_of_tensors, matmul, batch_norm, scale, add, sub, mul, per_channel, constants, max_pool, avg_pool,
        concat, slices, pad, permute, reshape, upsample,
    ],
    ids=lambda make: make.__name__,
)  # fmt: skip
def test_op(make: Callable[[Graph], Any], case: int, tmp_path: Path) -> None:
    graph = Graph(seed=1000 + case)
    graph.finish([make(graph)])
    graph.check(tmp_path)


UNARY: dict[str, dict[str, Any]] = {
    "Relu": {"relu_limit": -1.0}, "LeakyRelu": {"alpha": 0.1}, "Clip": {"min": -0.5, "max": 1.25}, "Sigmoid": {},
    "SiLU": {}, "Tanh": {}, "GELU": {}, "Exp": {}, "Log": {}, "Sqrt": {}, "Abs": {}, "Erf": {}, "Softplus": {},
    "Mish": {}, "HardSwish": {}, "Elu": {"alpha": 1.5}, "HardSigmoid": {"alpha": 0.2, "beta": 0.5},
}  # fmt: skip


@pytest.mark.parametrize("op", UNARY)
def test_activation(op: str, tmp_path: Path) -> None:
    """Alone, and behind a convolution whose channels do not fill a vector."""
    graph = Graph(seed=7)
    values = np.concatenate([np.linspace(-30, 30, 601), np.linspace(-1e-3, 1e-3, 23)]).astype(np.float32)
    if op in ("Log", "Sqrt"):
        values = np.abs(values) + np.float32(1e-6)
    alone = graph.op(op, [graph.input([1, 3, 13, 16], values.reshape(1, 3, 13, 16))], UNARY[op])
    image = graph.input([1, 5, 9, 9])
    attributes = {"kernel_shape": [3, 3], "strides": [1, 1], "pads": [1, 1, 1, 1]}
    attributes |= {"group": 1, "dilations": [1, 1]}
    summed = graph.op("Conv", [image, graph.weight(graph.random([19, 5, 3, 3])), None], attributes)
    if op in ("Log", "Sqrt"):
        summed = graph.op("AddConst", [graph.op("Abs", [summed])], {"const_val": 0.25})
    behind = graph.op(op, [summed], UNARY[op])
    graph.finish([alone, behind])
    graph.check(tmp_path)


@pytest.mark.parametrize("limit", [-1.0, 6.0])
def test_relu_limit(limit: float, tmp_path: Path) -> None:
    graph = Graph(seed=3)
    graph.finish([graph.op("Relu", [graph.input([2, 3, 4, 5], graph.random([2, 3, 4, 5], 9))], {"relu_limit": limit})])
    graph.check(tmp_path, tolerance=0)
