"""What top_numpy.py says, of transposed and three-dimensional windows, interpolation and layers with a state."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np


def deconv(operands: list[Any], a: dict[str, Any]) -> np.ndarray:
    """Every input pixel adds its products to a window of the output, tap by tap."""
    x, w, bias = operands
    n, ic, h, v = x.shape
    group, channels = a["group"], w.shape[1]
    strides, dilations, pads = a["strides"], a["dilations"], a["pads"]
    size = [
        (s - 1) * stride + d * (k - 1) + 1 + more
        for s, stride, d, k, more in zip((h, v), strides, dilations, w.shape[2:], a["output_padding"], strict=True)
    ]
    y = np.zeros((n, group, channels, *size))
    grouped, filters = x.reshape(n, group, ic // group, h, v), w.reshape(group, ic // group, channels, *w.shape[2:])
    for i, j in itertools.product(range(w.shape[2]), range(w.shape[3])):
        rows = slice(i * dilations[0], i * dilations[0] + (h - 1) * strides[0] + 1, strides[0])
        columns = slice(j * dilations[1], j * dilations[1] + (v - 1) * strides[1] + 1, strides[1])
        y[:, :, :, rows, columns] += np.einsum("ngchw,gco->ngohw", grouped, filters[..., i, j])
    y = y.reshape(n, group * channels, *size)[:, :, pads[0] : size[0] - pads[2], pads[1] : size[1] - pads[3]]
    return y if bias is None else y + bias[None, :, None, None]


def _pad(x: np.ndarray, pads: list[int], value: float) -> np.ndarray:
    return np.pad(x, ((0, 0), (0, 0), *zip(pads[:3], pads[3:], strict=True)), constant_values=value)


def _windows(x: np.ndarray, kernel: list[int], strides: list[int], dilations: list[int]) -> np.ndarray:
    """[n, c, d, h, w] -> [n, c, od, oh, ow, kd, kh, kw]."""
    extent = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    view = np.lib.stride_tricks.sliding_window_view(x, extent, axis=(2, 3, 4))
    steps = [slice(None, None, s) for s in [1, 1, *strides, *dilations]]
    return view[tuple(steps)]


def conv3d(operands: list[Any], a: dict[str, Any]) -> np.ndarray:
    x, w, bias = operands
    group = a["group"]
    windows = _windows(_pad(x, a["pads"], 0.0), a["kernel_shape"], a["strides"], a["dilations"])
    n, c, *out = windows.shape[:5]
    grouped = windows.reshape(n, group, c // group, *windows.shape[2:])
    filters = w.reshape(group, w.shape[0] // group, *w.shape[1:])
    y = np.einsum("ngczyxijk,gocijk->ngozyx", grouped, filters, optimize=True).reshape(n, w.shape[0], *out)
    return y if bias is None else y + bias[None, :, None, None, None]


def max_pool(operands: list[Any], a: dict[str, Any]) -> np.ndarray:
    padded = _pad(operands[0], a["pads"], -np.inf)
    return _windows(padded, a["kernel_shape"], a["strides"], [1, 1, 1]).max(axis=(5, 6, 7))


def avg_pool(operands: list[Any], a: dict[str, Any]) -> np.ndarray:
    x, pads, ceil = operands[0].astype(np.float64), a["pads"], a["ceil_pad"]
    ones = np.ones((1, 1, *x.shape[2:]))
    if a["count_include_pad"]:
        ones = _pad(ones, [*pads[:3], *(p - c for p, c in zip(pads[3:], ceil, strict=True))], 1.0)
        ones = _pad(ones, [0, 0, 0, *ceil], 0.0)
    else:
        ones = _pad(ones, pads, 0.0)
    total, count = (
        _windows(t, a["kernel_shape"], a["strides"], [1, 1, 1]).sum(axis=(5, 6, 7)) for t in (_pad(x, pads, 0.0), ones)
    )
    return total / count


def _places(mode: str, size: int, length: int, scale: float, begin: float, end: float) -> np.ndarray:
    """Where each of `size` samples stands in an input of `length`. Source: the ONNX specification of Resize."""
    x = np.arange(size, dtype=np.float64)
    if mode == "asymmetric":
        return x / scale
    if mode == "align_corners":
        return x * (length - 1) / (size - 1) if size > 1 else x * 0
    if mode == "tf_crop_and_resize":
        if size == 1:
            return x * 0 + 0.5 * (begin + end) * (length - 1)
        return begin * (length - 1) + x * (end - begin) * (length - 1) / (size - 1)
    if mode == "pytorch_half_pixel" and size == 1:
        return x * 0
    middle = length / 2 * (1 - size / (scale * length)) if mode == "half_pixel_symmetric" else 0.0
    return middle + (x + 0.5) / scale - 0.5


def interp(operands: list[Any], a: dict[str, Any]) -> np.ndarray:
    y = operands[0].astype(np.float64)
    rank = y.ndim
    roi = a.get("roi") or [0.0] * rank + [1.0] * rank
    for axis, (size, scale) in enumerate(zip(a["sizes"], a["scales"], strict=True)):
        length = y.shape[axis]
        is_whole = (roi[axis], roi[rank + axis]) == (0.0, 1.0)
        if size == length and scale == 1.0 and is_whole:
            continue
        places = _places(a["coord_mode"], size, length, scale, roi[axis], roi[rank + axis])
        outside = (places < 0) | (places > length - 1)
        y = np.moveaxis(y, axis, -1)
        y = np.apply_along_axis(lambda row, p=places, n=length: np.interp(p, np.arange(n), row), -1, y)
        if a["coord_mode"] == "tf_crop_and_resize":
            y = np.where(outside, a["extrapolation_value"], y)
        y = np.moveaxis(y, -1, axis)
    return y


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _sequence(operands: list[Any], a: dict[str, Any], step: Callable[..., Any], gates: int) -> np.ndarray:
    x, w, r, bias, *states = operands
    steps, batch, _ = x.shape
    hidden = a["hidden_size"]
    directions = w.shape[0]
    lengths = np.array(a.get("lengths") or [steps] * batch)[:, None]
    result = np.zeros((steps, directions, batch, hidden))
    cells = []
    for d in range(directions):
        b = np.zeros(2 * gates * hidden) if bias is None else bias[d].astype(np.float64)
        now = [np.zeros((batch, hidden)) if s is None else s[d].astype(np.float64) for s in states]
        is_reversed = a["direction"] == "reverse" or d == 1
        for t in reversed(range(steps)) if is_reversed else range(steps):
            new = step(x[t].astype(np.float64), w[d], r[d], b[: gates * hidden], b[gates * hidden :], *now)
            now = [np.where(t < lengths, n, o) for n, o in zip(new, now, strict=True)]
            result[t, d] = np.where(t < lengths, now[0], 0)
        cells.append(now[-1])
    return np.concatenate([result, np.stack(cells)[None]]) if a.get("with_cell") else result


def lstm(operands: list[Any], a: dict[str, Any]) -> np.ndarray:
    def step(x: Any, w: Any, r: Any, wb: Any, rb: Any, h: Any, c: Any) -> list[Any]:
        i, o, f, g = np.split(x @ w.T + h @ r.T + wb + rb, 4, axis=1)
        c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
        return [_sigmoid(o) * np.tanh(c), c]

    return _sequence(operands, a, step, 4)


def gru(operands: list[Any], a: dict[str, Any]) -> np.ndarray:
    def step(x: Any, w: Any, r: Any, wb: Any, rb: Any, h: Any) -> list[Any]:
        of_x, of_h = np.split(x @ w.T + wb, 3, axis=1), np.split(h @ r.T + rb, 3, axis=1)
        z, reset = _sigmoid(of_x[0] + of_h[0]), _sigmoid(of_x[1] + of_h[1])
        last = len(rb) // 3 * 2
        late = reset * of_h[2] if a["linear_before_reset"] else (reset * h) @ r[last:].T + rb[last:]
        return [(1 - z) * np.tanh(of_x[2] + late) + z * h]

    return _sequence(operands, a, step, 3)


SPATIAL_OPS: dict[str, Callable[[list[Any], dict[str, Any]], Any]] = {
    "Deconv": deconv,
    "Conv3D": conv3d,
    "MaxPool3D": max_pool,
    "AvgPool3D": avg_pool,
    "Interp": interp,
    "LSTM": lstm,
    "GRU": gru,
}
