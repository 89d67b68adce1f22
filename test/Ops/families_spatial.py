"""Random members of the families of transposed and three-dimensional windows, interpolation, and layers with a state.

As in families.py, whose table these join: every builder draws from the network's own random source.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from draws import draw_relu, draw_size
from harness import Build, Net

_ELEMENTS = 120_000  # most elements of one tensor
_MACS = 8_000_000  # most multiply-accumulates of one case


def _bias(net: Net, channels: int) -> Any:
    return net.weight([channels], 0.3) if net.rng.integers(2) else net.none()


def deconv(net: Net) -> list[Any]:
    """Groups, depth-wise ones too, strides, dilations, pads on each side, output padding."""
    rng = net.rng
    while True:
        n, h, w = int(rng.integers(1, 4)), draw_size(rng, 1, 40), draw_size(rng, 1, 40)
        kind = int(rng.integers(3))
        group = 1 if kind < 2 else int(rng.integers(2, 9))
        ic, oc = (draw_size(rng, 1, 80) for _ in range(2))
        if kind == 2:
            ic, oc = group * max(1, ic // group), group * max(1, oc // group)
            if rng.integers(2):
                group = oc = ic
        kernel = [int(rng.choice([1, 2, 3, 4, 5])) for _ in range(2)]
        strides = [int(rng.choice([1, 2, 2, 3, 4])) for _ in range(2)]
        dilations = [int(rng.choice([1, 1, 1, 2, 3])) for _ in range(2)]
        pads = [int(rng.integers(0, 4)) for _ in range(4)]
        behind = [int(rng.integers(0, max(s, d))) for s, d in zip(strides, dilations, strict=True)]
        out = [
            (size - 1) * s + d * (k - 1) + 1 + more - before - after
            for size, s, d, k, more, before, after in zip(
                (h, w), strides, dilations, kernel, behind, pads[:2], pads[2:], strict=True
            )
        ]
        if min(out) < 1 or n * max(ic, oc) * out[0] * out[1] > _ELEMENTS:
            continue
        if n * oc * out[0] * out[1] * (ic // group) * kernel[0] * kernel[1] <= _MACS:
            break
    x = net.input([n, ic, h, w], positive=bool(rng.integers(2)))
    weight = net.weight([ic, oc // group, *kernel], 1 / np.sqrt(ic // group * kernel[0] * kernel[1]))
    window = {"kernel_shape": kernel, "strides": strides, "pads": pads, "dilations": dilations}
    attributes = {**window, "group": group, "output_padding": behind, **draw_relu(rng)}
    return [net.op("Deconv", [x, weight, _bias(net, oc)], attributes)]


def _volume(rng: np.random.Generator, dilates: bool) -> tuple[list[int], dict[str, list[int]], list[int]]:
    """A shape [n, c, d, h, w], a window over it, and the sizes of its result."""
    while True:
        shape = [
            int(rng.integers(1, 3)),
            draw_size(rng, 1, 70),
            draw_size(rng, 1, 12),
            draw_size(rng, 1, 24),
            draw_size(rng, 1, 24),
        ]
        kernel = [int(rng.choice([1, 2, 3, 3])) for _ in range(3)]
        strides = [int(rng.integers(1, 4)) for _ in range(3)]
        dilations = [int(rng.choice([1, 1, 2])) if dilates else 1 for _ in range(3)]
        extent = [d * (k - 1) + 1 for d, k in zip(dilations, kernel, strict=True)]
        # As ONNX has it of pools: a pad is smaller than the kernel, and every window sees the input.
        pads = [int(rng.integers(0, (e if dilates else e // 2 + 1))) for e in extent * 2]
        out = [
            (size + before + after - e) // s + 1 if size + before + after >= e else 0
            for size, before, after, e, s in zip(shape[2:], pads[:3], pads[3:], extent, strides, strict=True)
        ]
        window = {"kernel_shape": kernel, "strides": strides, "pads": pads}
        if dilates:
            window["dilations"] = dilations
        seen = all(
            (o - 1) * s - before < size for o, s, before, size in zip(out, strides, pads[:3], shape[2:], strict=True)
        )
        if min(out) >= 1 and seen and np.prod(shape) <= _ELEMENTS and np.prod(out) * shape[0] * shape[1] <= _ELEMENTS:
            return shape, window, out


def conv3d(net: Net) -> list[Any]:
    rng = net.rng
    while True:
        shape, window, out = _volume(rng, dilates=True)
        group = int(rng.choice([1, 1, 2, 3]))
        ic, oc = max(1, shape[1] // group) * group, max(1, draw_size(rng, 1, 70) // group) * group
        taps = ic // group * int(np.prod(window["kernel_shape"]))
        if shape[0] * oc * np.prod(out) * taps <= _MACS and shape[0] * oc * np.prod(out) <= _ELEMENTS:
            break
    x = net.input([shape[0], ic, *shape[2:]], positive=bool(rng.integers(2)))
    weight = net.weight([oc, ic // group, *window["kernel_shape"]], 1 / np.sqrt(taps))
    return [net.op("Conv3D", [x, weight, _bias(net, oc)], {**window, "group": group, **draw_relu(rng)})]


def pool3d(net: Net) -> list[Any]:
    """Maxima and means, some over the whole of each channel."""
    rng = net.rng
    shape, window, _ = _volume(rng, dilates=False)
    if rng.integers(5) == 0:
        window = {"kernel_shape": shape[2:], "strides": [1, 1, 1], "pads": [0] * 6}
    kind = str(rng.choice(["MaxPool3D", "AvgPool3D"]))
    attributes: dict[str, Any] = {**window, **draw_relu(rng)}
    if kind == "AvgPool3D":
        attributes["count_include_pad"] = bool(rng.integers(2))
    return [net.op(kind, [net.input(shape, positive=bool(rng.integers(2)))], attributes)]


COORDINATES = (
    "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "asymmetric", "align_corners", "tf_crop_and_resize",
)  # fmt: skip


def interp(net: Net) -> list[Any]:
    """One to three axes, larger and smaller, with every coordinate mode."""
    rng = net.rng
    while True:
        axes = int(rng.integers(1, 4))
        shape = [int(rng.integers(1, 3)), draw_size(rng, 1, 70), *(draw_size(rng, 1, 40) for _ in range(axes))]
        scales = [1.0, 1.0, *(float(rng.choice([1.0, 0.4, 0.5, 1.5, 2.0, 2.0, 3.0, 3.7])) for _ in range(axes))]
        sizes = [int(np.floor(size * scale)) for size, scale in zip(shape, scales, strict=True)]
        if min(sizes) >= 1 and max(np.prod(shape), np.prod(sizes)) <= _ELEMENTS and max(scales) != min(scales):
            break
    mode = COORDINATES[int(rng.integers(len(COORDINATES)))]
    attributes: dict[str, Any] = {"sizes": sizes, "scales": scales, "coord_mode": mode}
    if mode == "tf_crop_and_resize":
        attributes["roi"] = [0.0, 0.0, *[0.1] * axes, 1.0, 1.0, *rng.choice([0.7, 1.0, 1.2], size=axes).tolist()]
        attributes["extrapolation_value"] = float(rng.choice([0.0, 0.5]))
    return [net.op("Interp", [net.input(shape, positive=bool(rng.integers(2)))], attributes)]


def recurrent(net: Net) -> list[Any]:
    """LSTM and GRU in all directions, with and without bias, first states (constant or computed) and lengths."""
    rng = net.rng
    kind = str(rng.choice(["LSTM", "GRU"]))
    gates = 4 if kind == "LSTM" else 3
    direction = str(rng.choice(["forward", "reverse", "bidirectional"]))
    directions = 2 if direction == "bidirectional" else 1
    steps, batch, width, hidden = (
        int(rng.integers(1, 6)),
        int(rng.integers(1, 4)),
        draw_size(rng, 1, 80),
        draw_size(rng, 1, 80),
    )
    operands = [
        net.input([steps, batch, width]),
        net.weight([directions, gates * hidden, width], 1 / np.sqrt(width)),
        net.weight([directions, gates * hidden, hidden], 1 / np.sqrt(hidden)),
        net.weight([directions, 2 * gates * hidden], 0.3) if rng.integers(2) else net.none(),
    ]
    for _ in range(2 if kind == "LSTM" else 1):
        state = [directions, batch, hidden]
        operands.append((net.none, lambda s=state: net.weight(s), lambda s=state: net.input(s))[int(rng.integers(3))]())
    attributes: dict[str, Any] = {"hidden_size": hidden, "direction": direction}
    if rng.integers(3) == 0:
        attributes["lengths"] = [int(v) for v in rng.integers(0, steps + 1, size=batch)]
    if kind == "LSTM":
        attributes["with_cell"] = bool(rng.integers(2))
    else:
        attributes["linear_before_reset"] = bool(rng.integers(2))
    return [net.op(kind, operands, attributes)]


SPATIAL: dict[str, Build] = {
    "deconv": deconv, "conv3d": conv3d, "pool3d": pool3d, "interp": interp, "recurrent": recurrent,
}  # fmt: skip
