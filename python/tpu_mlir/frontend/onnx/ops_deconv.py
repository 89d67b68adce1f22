"""Import of transposed convolutions: every pad made explicit, in whichever of four ways the node states it."""

from __future__ import annotations

from dataclasses import dataclass

from .geometry import filter_of, list_of
from .registry import Node, onnx_op


@dataclass(frozen=True)
class Axis:
    """What is taken off before and after one axis, and what is added behind it."""

    begin: int
    end: int
    behind: int


@onnx_op("ConvTranspose")
def conv_transpose(node: Node) -> None:
    """Transposed convolution over one or two spatial axes, with groups, dilations, output padding and any padding; the
    filter is constant."""
    shape = node.shape(0)
    spatial = len(shape) - 2
    if spatial not in (1, 2):
        node.refuse(
            f"its input has {len(shape)} dimensions; transposed convolutions over one or two spatial axes are supported"
        )
    filters, kernel = filter_of(node, len(shape))
    if shape[1] != filters.shape[0]:
        node.refuse(
            f"its filter {list(filters.shape)} takes {filters.shape[0]} channels, and its input {list(shape)} has "
            f"{shape[1]}"
        )
    strides, dilations = list_of(node, "strides", spatial, 1), list_of(node, "dilations", spatial, 1)
    axes = _axes(node, shape[2:], kernel, strides, dilations)
    bias = node.none()
    if node.has_input(2):
        node.need_const(2, "bias")
        bias = node.value(2)
    value, filter_value = node.value(0), node.value(1)
    if spatial == 1:
        value = node.reshape(value, [shape[0], shape[1], 1, shape[2]], "in2d")
        filter_value = node.weight(filters[:, :, None, :], node.inputs[1], "2d", name=f"{node.inputs[1]}_fix")
        kernel, strides, dilations, axes = [1, *kernel], [1, *strides], [1, *dilations], [Axis(0, 0, 0), *axes]
    attributes = {
        "kernel_shape": kernel,
        "strides": strides,
        "pads": [*(a.begin for a in axes), *(a.end for a in axes)],
        "group": int(node.attribute("group", 1)),
        "dilations": dilations,
        "output_padding": [a.behind for a in axes],
    }
    result = node.emit("Deconv", [value, filter_value, bias], attributes, "2d" if spatial == 1 else "")
    if spatial == 1:
        n, c, _, w = node.shape_of_value(result)
        result = node.reshape(result, [n, c, w])
    node.result(result)


def _axes(
    node: Node, sizes: tuple[int, ...], kernel: list[int], strides: list[int], dilations: list[int]
) -> list[Axis]:
    """Source of the formulas: the ONNX specification of ConvTranspose; where it leaves the order of SAME open, and for
    pads below zero, onnxruntime's code."""
    count = len(sizes)
    mode = node.attribute("auto_pad", "NOTSET")
    if mode not in ("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"):
        node.refuse(f"auto_pad '{mode}' is unknown")
    if min(*strides, *dilations, *kernel) < 1:
        node.refuse("kernel, strides and dilations must be positive")
    explicit = [int(p) for p in node.attribute("pads", [0] * (2 * count))]
    if len(explicit) != 2 * count:
        node.refuse(f"attribute 'pads' has {len(explicit)} numbers, and {2 * count} are needed")
    behind = list_of(node, "output_padding", count, 0)
    asked = [int(s) for s in node.attribute("output_shape", [])][-count:]
    if asked and len(asked) != count:
        node.refuse(f"attribute 'output_shape' has {len(asked)} numbers for {count} spatial axes")
    axes = []
    for i in range(count):
        whole = (sizes[i] - 1) * strides[i] + (kernel[i] - 1) * dilations[i] + 1 + behind[i]
        begin, end = explicit[i], explicit[i + count]
        if mode == "VALID":
            begin = end = 0
        if asked or mode.startswith("SAME"):
            total = max(whole - (asked[i] if asked else sizes[i] * strides[i]), 0)
            small, large = total // 2, total - total // 2
            begin, end = (small, large) if mode == "SAME_UPPER" else (large, small)
        size = asked[i] if asked else whole - begin - end
        # What the products do not reach is filled behind them.
        more = max(size - (whole - begin - end), 0) + max(-end, 0)
        if begin < 0:
            node.refuse(f"pad {begin} before an axis adds to the result; only pads that take off are supported")
        if size < 1:
            node.refuse(f"its pads leave {size} elements of spatial axis {i}")
        axes.append(Axis(begin, max(end, 0), behind[i] + more))
    return axes
