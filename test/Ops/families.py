"""Random members of each op family: shapes, kernels, strides, dilations and pads that a network may have.

Sizes: channels 1 to 300, height and width 1 to 130, batch 1 to 4; a case's work is bounded so that thousands run in
minutes. Every builder draws from the network's own random source, so a seed names a case.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from draws import ELEMENTS, MACS, draw_broadcast, draw_deep, draw_relu, draw_shape, draw_size
from families_choice import CHOICE
from families_rows import ROWS
from families_spatial import SPATIAL
from harness import Build, Net


def _window(rng: np.random.Generator, h: int, w: int, dilations: bool) -> dict[str, list[int]] | None:
    kernel = [int(rng.choice([1, 1, 2, 3, 3, 5, 7])) for _ in range(2)]
    stride = [int(rng.integers(1, 4)) for _ in range(2)]
    dilation = [int(rng.choice([1, 1, 1, 2, 3])) if dilations else 1 for _ in range(2)]
    extent = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=False)]
    pads = [int(rng.integers(0, e)) for e in (extent[0], extent[1], extent[0], extent[1])]
    if h + pads[0] + pads[2] < extent[0] or w + pads[1] + pads[3] < extent[1]:
        return None
    window = {"kernel_shape": kernel, "strides": stride, "pads": pads}
    if dilations:
        window["dilations"] = dilation
    return window


def _out(size: int, before: int, after: int, extent: int, stride: int) -> int:
    return (size + before + after - extent) // stride + 1


def _conv(net: Net, groups: str) -> list[Any]:
    rng = net.rng
    while True:
        n, ic, h, w = draw_shape(rng)
        window = _window(rng, h, w, dilations=True)
        if window is None:
            continue
        group, oc = 1, draw_size(rng, 1, 300)
        if groups == "depthwise":
            group, oc = ic, ic
            if ic == 1:
                continue
        elif groups == "grouped":
            group = int(rng.integers(2, 9))
            ic = max(1, ic // group) * group
            oc = max(1, oc // group) * group
            if ic == group and oc == ic:
                continue
        kernel = window["kernel_shape"]
        taps = (ic // group) * kernel[0] * kernel[1]
        extent = [d * (k - 1) + 1 for d, k in zip(window["dilations"], kernel, strict=False)]
        oh = _out(h, window["pads"][0], window["pads"][2], extent[0], window["strides"][0])
        ow = _out(w, window["pads"][1], window["pads"][3], extent[1], window["strides"][1])
        if n * oc * oh * ow * taps <= MACS and n * oc * oh * ow <= ELEMENTS:
            break
    x = net.input([n, ic, h, w], positive=bool(rng.integers(2)))
    weight = net.weight([oc, ic // group, *kernel], 1 / np.sqrt(taps))
    bias = net.weight([oc], 0.3) if rng.integers(2) else net.none()
    return [net.op("Conv", [x, weight, bias], {**window, "group": group, **draw_relu(rng)})]


def conv(net: Net) -> list[Any]:
    return _conv(net, "one")


def depthwise(net: Net) -> list[Any]:
    return _conv(net, "depthwise")


def grouped(net: Net) -> list[Any]:
    return _conv(net, "grouped")


def matmul(net: Net) -> list[Any]:
    rng = net.rng
    k, n = draw_size(rng, 1, 1200), draw_size(rng, 1, 300)
    lead = [int(v) for v in rng.integers(1, 5, size=int(rng.integers(0, 3)))]
    m = draw_size(rng, 1, 130)
    if rng.integers(3) == 0:  # two computed operands
        k = min(k, 300)
        x, y = (
            net.input([*lead, m, k]),
            net.input([*lead, k, n] if rng.integers(2) else [k, n] if not lead else [*lead, k, n]),
        )
        return [net.op("MatMul", [x, y, net.none()], draw_relu(rng))]
    x = net.input([*lead, m, k], positive=bool(rng.integers(2)))
    transpose = bool(rng.integers(2))
    weight = net.weight([n, k] if transpose else [k, n], 1 / np.sqrt(k))
    bias = net.weight([n], 0.3) if rng.integers(2) else net.none()
    return [net.op("MatMul", [x, weight, bias], {"right_transpose": transpose, **draw_relu(rng)})]


def _pool(net: Net, kind: str) -> list[Any]:
    rng = net.rng
    while True:
        n, c, h, w = draw_shape(rng)
        if rng.integers(5) == 0:  # global
            window = {"kernel_shape": [h, w], "strides": [1, 1], "pads": [0, 0, 0, 0]}
            break
        window = _window(rng, h, w, dilations=False)
        # ONNX: a pad is smaller than the kernel, and every window sees the input.
        if window and all(p <= k // 2 for p, k in zip(window["pads"], window["kernel_shape"] * 2, strict=False)):
            break
    attrs: dict[str, Any] = dict(window)
    if kind == "AvgPool":
        attrs["count_include_pad"] = bool(rng.integers(2))
    return [net.op(kind, [net.input([n, c, h, w], positive=bool(rng.integers(2)))], attrs)]


def maxpool(net: Net) -> list[Any]:
    return _pool(net, "MaxPool")


def avgpool(net: Net) -> list[Any]:
    return _pool(net, "AvgPool")


def _wide_axis(rng: np.random.Generator, size: int, dilates: bool) -> tuple[int, int, int, int, int]:
    """Kernel, stride, dilation and pads of one axis; strides, dilations and pads that no command holds are likely."""
    while True:
        kernel = int(rng.choice([1, 2, 3, 5, 16, 19, 33]))
        stride = int(rng.choice([1, 2, 15, 16, 17, 20, 32, kernel]))
        dilation = int(rng.choice([1, 1, 2, 15, 16, 18, 24, 37])) if dilates and kernel < 6 else 1
        extent = dilation * (kernel - 1) + 1
        before, after = (int(rng.integers(0, extent)) if rng.integers(2) else 0 for _ in range(2))
        if size + before + after >= extent:
            return kernel, stride, dilation, before, after


def wide_conv(net: Net) -> list[Any]:
    """Patches, wide steps and wide dilations, in groups too; one axis may be ordinary."""
    rng = net.rng
    while True:
        n, h, w = int(rng.integers(1, 4)), draw_size(rng, 1, 80), draw_size(rng, 1, 80)
        kind = int(rng.integers(3))
        group = 1 if kind else draw_size(rng, 2, 70)
        ic = draw_size(rng, 1, 70) if kind else group * int(rng.choice([1, 1, 2, 3]))
        oc = ic if not kind and rng.integers(2) else group * draw_size(rng, 1, 70 if kind else 3)
        axes = [_wide_axis(rng, size, True) for size in (h, w)]
        (kh, sh, dh, top, bottom), (kw, sw, dw, left, right) = axes
        if max(sh, sw, dh, dw, top, left, bottom, right) < 16:
            continue
        oh = _out(h, top, bottom, dh * (kh - 1) + 1, sh)
        ow = _out(w, left, right, dw * (kw - 1) + 1, sw)
        area = n * ic * (h + top + bottom) * (w + left + right)
        work, copied = n * oc * oh * ow * (ic // group) * kh * kw, n * ic * oh * ow * kh * kw
        if work <= MACS // 4 and max(copied, area) <= ELEMENTS:
            break
    x = net.input([n, ic, h, w], positive=bool(rng.integers(2)))
    weight = net.weight([oc, ic // group, kh, kw], 1 / np.sqrt(ic // group * kh * kw))
    bias = net.weight([oc], 0.3) if rng.integers(2) else net.none()
    window = {"kernel_shape": [kh, kw], "strides": [sh, sw], "dilations": [dh, dw], "pads": [top, left, bottom, right]}
    return [net.op("Conv", [x, weight, bias], {**window, "group": group, **draw_relu(rng)})]


def wide_pool(net: Net) -> list[Any]:
    """Pools with wide steps and much padding."""
    rng = net.rng
    while True:
        n, c, h, w = int(rng.integers(1, 4)), draw_size(rng, 1, 100), draw_size(rng, 1, 80), draw_size(rng, 1, 80)
        (kh, sh, _, top, bottom), (kw, sw, _, left, right) = (_wide_axis(rng, size, False) for size in (h, w))
        if max(sh, sw, top, left, bottom, right) < 16 or n * c * h * w > ELEMENTS // 4:
            continue
        oh, ow = _out(h, top, bottom, kh, sh), _out(w, left, right, kw, sw)
        # No window may lie wholly in padding.
        if (oh - 1) * sh - top < h and (ow - 1) * sw - left < w and n * c * oh * ow * kh * kw <= ELEMENTS:
            break
    kind = str(rng.choice(["MaxPool", "AvgPool"]))
    attrs: dict[str, Any] = {"kernel_shape": [kh, kw], "strides": [sh, sw], "pads": [top, left, bottom, right]}
    if kind == "AvgPool":
        attrs["count_include_pad"] = bool(rng.integers(2))
    return [net.op(kind, [net.input([n, c, h, w], positive=bool(rng.integers(2)))], {**attrs, **draw_relu(rng)})]


def add(net: Net) -> list[Any]:
    rng = net.rng
    shape = draw_shape(rng)
    operands = [net.input(shape)]
    for _ in range(int(rng.integers(1, 4))):
        other = draw_broadcast(rng, shape)
        operands.append(net.weight(other) if rng.integers(4) == 0 else net.input(other, positive=bool(rng.integers(2))))
    attrs: dict[str, Any] = draw_relu(rng)
    if rng.integers(4) == 0:
        attrs["coeff"] = [float(v) for v in rng.choice([1.0, -1.0, 0.5, 2.0], size=len(operands))]
    return [net.op("Add", operands, attrs)]


def mul(net: Net) -> list[Any]:
    rng = net.rng
    shape = draw_shape(rng)
    other = draw_broadcast(rng, shape)
    right = net.weight(other) if rng.integers(4) == 0 else net.input(other, positive=bool(rng.integers(2)))
    return [net.op("Mul", [net.input(shape, positive=bool(rng.integers(2))), right], draw_relu(rng))]


def extreme(net: Net) -> list[Any]:
    """Maximum or minimum of tensors and weights."""
    rng = net.rng
    shape = draw_shape(rng)
    operands = [net.input(shape, positive=bool(rng.integers(2)))]
    for _ in range(int(rng.integers(1, 4))):
        other = draw_broadcast(rng, shape)
        operands.append(net.weight(other) if rng.integers(3) == 0 else net.input(other, positive=bool(rng.integers(2))))
    return [net.op(str(rng.choice(["Max", "Min"])), operands, {})]


def concat(net: Net) -> list[Any]:
    rng = net.rng
    shape, axis = draw_shape(rng, ELEMENTS // 4), int(rng.integers(0, 4))
    operands = []
    for _ in range(int(rng.integers(2, 5))):
        part = list(shape)
        part[axis] = draw_size(rng, 1, max(1, shape[axis]))
        operands.append(net.input(part, positive=bool(rng.integers(2))))
    return [net.op("Concat", operands, {"axis": axis, **draw_relu(rng)})]


def slice_(net: Net) -> list[Any]:
    rng = net.rng
    shape = draw_shape(rng)
    offset, steps, ends = [], [], []
    for size in shape:
        begin = int(rng.integers(0, size))
        offset.append(begin)
        ends.append(int(rng.integers(begin + 1, size + 1)))
        steps.append(int(rng.choice([1, 1, 2, 3])))
    return [net.op("Slice", [net.input(shape)], {"offset": offset, "steps": steps, "ends": ends})]


def pad(net: Net) -> list[Any]:
    rng = net.rng
    shape = draw_shape(rng)
    mode = str(rng.choice(["constant", "reflect", "edge"]))
    paddings = [int(rng.integers(0, 4)) for _ in range(8)]
    if mode == "reflect":
        paddings = [min(p, s - 1) for p, s in zip(paddings, shape * 2, strict=False)]
    return [
        net.op(
            "Pad", [net.input(shape)], {"paddings": paddings, "val": float(rng.choice([0.0, 0.7, -1.0])), "mode": mode}
        )
    ]


def upsample(net: Net) -> list[Any]:
    rng = net.rng
    scale = [int(v) for v in rng.integers(1, 5, size=2)]
    shape = draw_shape(rng, ELEMENTS // (scale[0] * scale[1]))
    return [net.op("Upsample", [net.input(shape)], {"scale_h": scale[0], "scale_w": scale[1]})]


def permute(net: Net) -> list[Any]:
    rng = net.rng
    rank = int(rng.integers(2, 6))
    shape = draw_shape(rng)[:rank] + [int(rng.integers(1, 4))] * max(0, rank - 4)
    return [net.op("Permute", [net.input(shape)], {"order": [int(i) for i in rng.permutation(rank)]})]


# Functions with an F32 form.
F32_UNARY: list[tuple[str, dict[str, float]]] = [
    ("Relu", {"relu_limit": -1.0}),
    ("Relu", {"relu_limit": 6.0}),
    ("LeakyRelu", {"alpha": 0.1}),
    ("LeakyRelu", {"alpha": 1.7}),
    ("LeakyRelu", {"alpha": -0.4}),
    ("Clip", {"min": -0.5, "max": 0.8}),
    ("Clip", {"min": 0.3, "max": 3.4028234663852886e38}),
    ("Clip", {"min": -3.4028234663852886e38, "max": -0.2}),
    ("Abs", {}),
    ("AddConst", {"const_val": 0.4}),
    ("MulConst", {"const_val": -1.3}),
    ("HardSigmoid", {"alpha": 0.2, "beta": 0.5}),
    ("HardSwish", {}),
]


def deep(net: Net) -> list[Any]:
    """Five or six axes: in another order, or a sum or product along any of which either operand may repeat."""
    rng = net.rng
    shape = draw_deep(rng)
    if rng.integers(3) == 0:
        return [net.op("Permute", [net.input(shape)], {"order": [int(i) for i in rng.permutation(len(shape))]})]
    operands = []
    for _ in range(2):
        part = [1 if rng.integers(3) == 0 else s for s in shape]
        part = part[int(rng.integers(len(part))) :] if rng.integers(3) == 0 else part
        is_weight = bool(operands) and rng.integers(4) == 0
        operands.append(net.weight(part) if is_weight else net.input(part, positive=bool(rng.integers(2))))
    return [net.op(str(rng.choice(["Add", "Sub", "Mul"])), operands, draw_relu(rng))]


def gather(net: Net) -> list[Any]:
    """Reversals, permutations, repeats and runs of one axis."""
    rng = net.rng
    shape = draw_shape(rng, ELEMENTS // 4)[: int(rng.integers(1, 5))]
    axis = int(rng.integers(len(shape)))
    size = shape[axis]
    kind = int(rng.integers(4))
    if kind == 0:
        indices = np.arange(size)[::-1]
    elif kind == 1:
        indices = rng.permutation(size)
    elif kind == 2:
        indices = np.repeat(rng.integers(size, size=int(rng.integers(1, 6))), rng.integers(1, 9))
    else:
        indices = np.concatenate([np.arange(int(rng.integers(size)), size, int(rng.integers(1, 4))) for _ in range(3)])
    attributes = {"indices": [int(i) for i in indices], "axis": axis}
    return [net.op("Gather", [net.input(shape, positive=bool(rng.integers(2)))], attributes)]


def prelu(net: Net) -> list[Any]:
    """Slopes for each channel, below 1 or on both sides of it, and slopes of any shape that broadcasts."""
    rng = net.rng
    shape = draw_deep(rng) if rng.integers(4) == 0 else draw_shape(rng)[: int(rng.integers(1, 5))]
    kind = int(rng.integers(4))
    if kind < 2 and len(shape) > 1:
        slope = [shape[1], *[1] * (len(shape) - 2)]
    elif kind == 2:
        slope = shape[int(rng.integers(len(shape))) :]
    else:
        slope = [1 if rng.integers(2) else s for s in shape]
    weight = net.weight(slope, float(rng.choice([0.2, 1.5])))
    return [net.op("PRelu", [net.input(shape, positive=rng.integers(8) == 0), weight], {})]


UNARY: list[tuple[str, dict[str, float]]] = [
    ("Relu", {"relu_limit": -1.0}),
    ("Relu", {"relu_limit": 6.0}),
    ("LeakyRelu", {"alpha": 0.1}),
    ("Clip", {"min": -0.5, "max": 0.8}),
    ("Sigmoid", {}), ("SiLU", {}), ("Tanh", {}), ("GELU", {}), ("Exp", {}), ("Abs", {}), ("Erf", {}), ("Softplus", {}),
    ("Mish", {}), ("HardSwish", {}), ("Elu", {"alpha": 0.7}), ("HardSigmoid", {"alpha": 0.2, "beta": 0.5}),
    ("AddConst", {"const_val": 0.4}), ("MulConst", {"const_val": -1.3}),
]  # fmt: skip


def activation(net: Net) -> list[Any]:
    kind, attrs = UNARY[int(net.rng.integers(len(UNARY)))]
    shape = draw_shape(net.rng)
    if net.rng.integers(3) == 0:  # large planes, where curves pay
        shape = [1, int(net.rng.integers(1, 100)), int(net.rng.integers(20, 60)), int(net.rng.integers(30, 60))]
    return [net.op(kind, [net.input(shape, positive=bool(net.rng.integers(2)))], dict(attrs))]


def rectifier(net: Net) -> list[Any]:
    """What is made of products, maxima and minima: the same functions in integers and in F32."""
    kind, attrs = F32_UNARY[int(net.rng.integers(len(F32_UNARY)))]
    return [net.op(kind, [net.input(draw_shape(net.rng), positive=net.rng.integers(4) == 0)], dict(attrs))]


def scale(net: Net) -> list[Any]:
    shape = draw_shape(net.rng)
    c = shape[1]
    bias = net.weight([c], 0.3) if net.rng.integers(2) else net.none()
    return [net.op("Scale", [net.input(shape), net.weight([c]), bias], draw_relu(net.rng))]


FAMILIES: dict[str, Build] = {
    "conv": conv, "depthwise": depthwise, "grouped": grouped, "matmul": matmul, "maxpool": maxpool, "avgpool": avgpool,
    "add": add, "mul": mul, "concat": concat, "slice": slice_, "pad": pad, "upsample": upsample, "permute": permute,
    "activation": activation, "scale": scale, "gather": gather, "prelu": prelu, "deep": deep, "wide_conv": wide_conv,
    "wide_pool": wide_pool, "extreme": extreme, "rectifier": rectifier,
    **ROWS, **SPATIAL, **CHOICE,
}  # fmt: skip
