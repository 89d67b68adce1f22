"""Window arithmetic shared by convolution and pooling: every pad made explicit.

Source of the formulas: the ONNX operator specification of Conv, MaxPool and AveragePool.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .registry import Node


@dataclass(frozen=True)
class Window:
    """A window sliding over (h, w) or (d, h, w); pads are those before each axis, then those after.

    ceil_pad: what ceil_mode added after each axis, not contained in pads.
    """

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    pads: tuple[int, ...]
    dilations: tuple[int, ...]
    ceil_pad: tuple[int, ...] = (0, 0)

    @property
    def all_pads(self) -> list[int]:
        axes = len(self.kernel)
        return [*self.pads[:axes], *(p + c for p, c in zip(self.pads[axes:], self.ceil_pad, strict=True))]


def window_of(node: Node, spatial: Sequence[int], kernel: Sequence[int]) -> Window:
    """The node's window over one to three spatial axes; one axis is treated as w with h = 1."""
    axes = len(spatial)
    strides = list_of(node, "strides", axes, 1)
    dilations = list_of(node, "dilations", axes, 1)
    mode = node.attribute("auto_pad", "NOTSET")
    begins, ends = [], []
    explicit = [int(p) for p in node.attribute("pads", [0] * (2 * axes))]
    if len(explicit) != 2 * axes:
        node.refuse(f"attribute 'pads' has {len(explicit)} numbers, and {2 * axes} are needed")
    if min(strides) < 1 or min(dilations) < 1 or min(kernel, default=1) < 1:
        node.refuse("kernel, strides and dilations must be positive")
    for i in range(axes):
        begin, end = _pads(
            node, mode, spatial[i], (kernel[i] - 1) * dilations[i] + 1, strides[i], explicit[i], explicit[i + axes]
        )
        begins.append(begin)
        ends.append(end)
    ceil = [0] * axes
    if node.attribute("ceil_mode", 0):
        ceil = [
            _ceil_pad(spatial[i], begins[i], ends[i], (kernel[i] - 1) * dilations[i] + 1, strides[i])
            for i in range(axes)
        ]
    if axes == 1:
        return Window((1, kernel[0]), (1, strides[0]), (0, begins[0], 0, ends[0]), (1, dilations[0]), (0, ceil[0]))
    return Window(tuple(kernel), tuple(strides), (*begins, *ends), tuple(dilations), tuple(ceil))


def list_of(node: Node, name: str, count: int, default: int) -> list[int]:
    """A list attribute with one number for each of `count` spatial axes."""
    values = [int(v) for v in node.attribute(name, [default] * count)]
    if len(values) != count:
        node.refuse(f"attribute '{name}' has {len(values)} numbers for {count} spatial axes")
    return values


def _pads(node: Node, mode: str, size: int, extent: int, stride: int, begin: int, end: int) -> tuple[int, int]:
    """Explicit pads of one axis; `extent` is the dilated kernel."""
    if mode == "NOTSET":
        return begin, end
    if mode == "VALID":
        return 0, 0
    if mode not in ("SAME_UPPER", "SAME_LOWER"):
        node.refuse(f"auto_pad '{mode}' is unknown")
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + extent - size, 0)
    small, large = total // 2, total - total // 2
    return (small, large) if mode == "SAME_UPPER" else (large, small)


def _ceil_pad(size: int, begin: int, end: int, extent: int, stride: int) -> int:
    """What must be added behind the end so that rounding down gives as many windows as rounding up.

    A window that would start beyond the input and its leading pad is left out.
    """
    outputs = -(-(size + begin + end - extent) // stride) + 1
    if (outputs - 1) * stride >= size + begin:
        outputs -= 1
    return max((outputs - 1) * stride + extent - (size + begin + end), 0)


def filter_of(node: Node, rank: int) -> tuple[Any, list[int]]:
    """The constant filter of a convolution, input 1 [.., .., *kernel], and the kernel; the input has `rank` axes."""
    filters = node.need_const(1, "filter")
    if filters.ndim != rank:
        node.refuse(f"its filter has {filters.ndim} dimensions and its input {rank}")
    kernel = [int(k) for k in filters.shape[2:]]
    if [int(k) for k in node.attribute("kernel_shape", kernel)] != kernel:
        node.refuse(
            f"attribute 'kernel_shape' {node.attribute('kernel_shape')} does not fit the filter {list(filters.shape)}"
        )
    return filters, kernel
