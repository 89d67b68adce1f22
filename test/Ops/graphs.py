"""Random small networks for layer groups: chains and branches of ops that share local memory, with odd shapes.

Every network starts from one or two inputs and adds ops that read values made before, recent ones most likely, so that
values live across several ops, are read twice, joined and concatenated. Builders draw from the network's own source.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from draws import draw_relu
from families import UNARY
from harness import Net

_ELEMENTS = 150_000  # most elements of one tensor
_MACS = 20_000_000  # most multiply-accumulates of one convolution
Made = tuple[Any, list[int]]  # a value with its shape


def _conv(net: Net, x: Made) -> Made | None:
    rng = net.rng
    n, ic, h, w = x[1]
    k, stride = int(rng.choice([1, 1, 2, 3, 3, 5])), int(rng.choice([1, 1, 1, 2]))
    dilation = int(rng.choice([1, 1, 1, 2])) if k > 1 else 1
    extent = dilation * (k - 1) + 1
    pads = [int(rng.integers(0, extent)) for _ in range(4)] if rng.integers(3) == 0 else [extent // 2] * 4
    oh, ow = (h + pads[0] + pads[2] - extent) // stride + 1, (w + pads[1] + pads[3] - extent) // stride + 1
    kind = int(rng.integers(8))
    group, oc = 1, int(rng.choice([3, 8, 17, 24, 64, 65, 96, 130]))
    if ic > 1 and kind < 2:  # depth-wise
        group, oc = ic, ic
    elif ic > 1 and kind == 2:
        group = int(rng.choice([g for g in range(2, ic + 1) if ic % g == 0]))
        oc = max(1, oc // group) * group
    if h + pads[0] + pads[2] < extent or w + pads[1] + pads[3] < extent:
        return None
    if n * oc * oh * ow > _ELEMENTS or n * oc * oh * ow * (ic // group) * k * k > _MACS:
        return None
    weight = net.weight([oc, ic // group, k, k], 1 / np.sqrt(ic // group * k * k))
    bias = net.weight([oc], 0.3) if rng.integers(2) else net.none()
    attrs = {
        "kernel_shape": [k, k],
        "strides": [stride, stride],
        "dilations": [dilation, dilation],
        "pads": pads,
        "group": group,
    }
    return net.op("Conv", [x[0], weight, bias], {**attrs, **draw_relu(rng)}), [n, oc, oh, ow]


def _pool(net: Net, x: Made) -> Made | None:
    rng = net.rng
    n, c, h, w = x[1]
    k, stride = int(rng.choice([2, 3, 5])), int(rng.choice([1, 2]))
    pad = int(rng.integers(0, k // 2 + 1))
    oh, ow = (h + 2 * pad - k) // stride + 1, (w + 2 * pad - k) // stride + 1
    if oh < 1 or ow < 1:
        return None
    kind = str(rng.choice(["MaxPool", "AvgPool"]))
    attrs: dict[str, Any] = {"kernel_shape": [k, k], "strides": [stride, stride], "pads": [pad] * 4}
    if kind == "AvgPool":
        attrs["count_include_pad"] = bool(rng.integers(2))
    return net.op(kind, [x[0]], attrs), [n, c, oh, ow]


def _unary(net: Net, x: Made) -> Made:
    kind, attrs = UNARY[int(net.rng.integers(len(UNARY)))]
    if kind == "Exp" and kind in net.marks:  # of another's result it is infinite
        kind, attrs = "Tanh", {}
    net.marks.add(kind)
    return net.op(kind, [x[0]], dict(attrs)), x[1]


def _add(net: Net, x: Made, others: list[Made]) -> Made | None:
    same = [o for o in others if o[1] == x[1] and o[0] is not x[0]]
    if not same:
        return None
    other = same[int(net.rng.integers(len(same)))]
    kind = "Mul" if net.rng.integers(4) == 0 else "Add"
    return net.op(kind, [x[0], other[0]], draw_relu(net.rng)), x[1]


def _concat(net: Net, x: Made, others: list[Made]) -> Made | None:
    n, _, h, w = x[1]
    fitting = [o for o in others if o[1][0] == n and o[1][2:] == [h, w]]
    picked = (
        [x] + [fitting[int(net.rng.integers(len(fitting)))] for _ in range(int(net.rng.integers(1, 4)))]
        if fitting
        else []
    )
    channels = sum(o[1][1] for o in picked)
    if not picked or n * channels * h * w > _ELEMENTS:
        return None
    return net.op("Concat", [o[0] for o in picked], {"axis": 1}), [n, channels, h, w]


def _slice(net: Net, x: Made) -> Made:
    """Part of one axis behind the batch, sometimes every other element."""
    rng = net.rng
    axis = int(rng.integers(1, 4))
    size = x[1][axis]
    offset, ends, steps = [0] * 4, list(x[1]), [1] * 4
    offset[axis] = int(rng.integers(0, size // 2 + 1)) if size > 1 else 0
    ends[axis] = int(rng.integers(max(offset[axis] + 1, size * 3 // 4), size + 1))
    steps[axis] = int(rng.choice([1, 1, 2])) if axis > 1 else 1
    shape = [(e - o + s - 1) // s for o, e, s in zip(offset, ends, steps, strict=True)]
    return net.op("Slice", [x[0]], {"offset": offset, "steps": steps, "ends": ends}), shape


def _upsample(net: Net, x: Made) -> Made | None:
    n, c, h, w = x[1]
    if n * c * h * w * 4 > _ELEMENTS:
        return None
    return net.op("Upsample", [x[0]], {"scale_h": 2, "scale_w": 2}), [n, c, 2 * h, 2 * w]


def _reshape(net: Net, x: Made) -> Made:
    """A view: channels and rows, or rows and columns, share their axis, or one axis is cut in two."""
    n, c, h, w = x[1]
    shapes = [[n, c * h, 1, w], [n, c, 1, h * w], [n, c, h * w, 1]]
    shapes += [[n, c // k, h * k, w] for k in (2, 3) if c % k == 0]
    shapes += [[n, c * k, h // k, w] for k in (2, 3) if h % k == 0]
    # A row of all channels has to fit the smallest local memory that is tried.
    shapes = [s for s in shapes if s[1] <= 128 and max(s[2:]) <= 600] or [list(x[1])]
    shape = shapes[int(net.rng.integers(len(shapes)))]
    return net.op("Reshape", [x[0]], {"shape": shape}), shape


def graph_large(net: Net) -> list[Any]:
    """35 to 60 ops on small tensors, views among them."""
    rng = net.rng
    shape = [int(rng.choice([1, 2])), int(rng.choice([3, 8, 16])), int(rng.integers(8, 25)), int(rng.integers(8, 25))]
    return _grow(net, shape, int(rng.integers(35, 61)), views=True)


def view_after(pools: int) -> Callable[[Net], list[Any]]:
    """A chain of pools with a view and one more pool behind it."""

    def build(net: Net) -> list[Any]:
        shape = [1, 4, 6, 6]
        x = net.input(shape)
        attrs = {"kernel_shape": [3, 3], "strides": [1, 1], "pads": [1] * 4}
        for _ in range(pools):
            x = net.op("MaxPool", [x], attrs)
        x = net.op("Reshape", [x], {"shape": [1, 6, 4, 6]})
        return [net.op("MaxPool", [x], attrs)]

    return build


def graph_wide(net: Net) -> list[Any]:
    """Rows that fill local memory."""
    rng = net.rng
    shape = [1, int(rng.choice([1, 3, 8])), int(rng.integers(1, 6)), int(rng.integers(2000, 12000))]
    while int(np.prod(shape)) > _ELEMENTS // 2:
        shape[3] //= 2
    return _grow(net, shape)


def graph(net: Net) -> list[Any]:
    rng = net.rng
    n = int(rng.choice([1, 4]))
    shape = [n, int(rng.choice([1, 3, 4, 16, 33, 64, 70])), int(rng.integers(5, 60)), int(rng.integers(5, 60))]
    while int(np.prod(shape)) > _ELEMENTS:
        shape[2], shape[3] = shape[2] // 2 + 1, shape[3] // 2 + 1
    return _grow(net, shape)


def _grow(net: Net, shape: list[int], ops: int | None = None, views: bool = False) -> list[Any]:
    """`ops` more values, 3 to 12 where not given."""
    rng = net.rng
    values: list[Made] = [
        (net.input(shape, positive=bool(rng.integers(2))), shape) for _ in range(int(rng.integers(1, 3)))
    ]
    wanted, read = ops or int(rng.integers(3, 13)), set()
    makers = [_conv, _conv, _conv, _pool, _unary, _unary, _add, _add, _concat, _upsample, _slice]
    makers += [_reshape, _reshape] if views else []
    for _ in range(200):
        if len(values) >= wanted + 2:
            break
        maker = makers[int(rng.integers(len(makers)))]
        at = max(0, len(values) - 1 - int(rng.exponential(1.0)))
        made = maker(net, values[at], values) if maker in (_add, _concat) else maker(net, values[at])  # type: ignore[operator]
        if made:
            read.add(at)
            values.append(made)
    # What nobody reads is an output; sometimes so is a value in the middle. Every input is read.
    inputs = len(net.inputs)
    for i in range(inputs):
        if i not in read:
            values.append(_unary(net, values[i]))
    ends = [i for i in range(inputs, len(values)) if i not in read or rng.integers(8) == 0]
    return [values[i][0] for i in ends]
