"""Import of Resize and Upsample where every pixel is repeated a whole number of times."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .registry import Node, onnx_op

_ROUNDINGS: dict[str, Callable[[float], float]] = {
    "round_prefer_floor": lambda x: math.ceil(x - 0.5),
    "round_prefer_ceil": lambda x: math.floor(x + 0.5),
    "floor": math.floor,
    "ceil": math.ceil,
}


@onnx_op("Upsample", "Resize")
def resize(node: Node) -> None:
    """Nearest-neighbour enlargement of height and width by whole numbers, each pixel repeated.

    Every combination of coordinate and rounding mode that amounts to that is accepted; others are refused.
    """
    mode = node.attribute("mode", "nearest")
    if mode != "nearest":
        node.refuse(f"mode '{mode}' is not supported; supported mode: nearest")
    shape = node.shape(0)
    if len(shape) != 4:
        node.refuse(f"its input has {len(shape)} dimensions, and must have 4")
    scales = _scales(node, shape)
    if scales[:2] != [1.0, 1.0]:
        node.refuse(f"it scales the batch or the channels by {scales[:2]}")
    factors = [round(s) for s in scales[2:]]
    if any(s < 1 or abs(s - f) > 1e-6 for s, f in zip(scales[2:], factors, strict=True)):
        node.refuse(f"it scales height and width by {scales[2:]}; whole numbers are supported")
    if factors == [1, 1]:
        node.pass_through()
        return
    for factor, size in zip(factors, shape[2:], strict=True):
        if not _repeats(node, factor, size):
            node.refuse(
                f"with {_modes(node)} it does not repeat each pixel {factor} times",
                "export with coordinate_transformation_mode asymmetric and nearest_mode floor",
            )
    attributes = {"scale_h": factors[0], "scale_w": factors[1]}
    node.result(node.emit("Upsample", [node.value(0)], attributes))


def _scales(node: Node, shape: tuple[int, ...]) -> list[float]:
    """One factor per axis, from scales or from sizes."""
    if node.has_attribute("scales"):  # Upsample 7
        values: Any = node.attribute("scales")
    elif node.op_type == "Upsample" or node.opset < 11:
        values = node.need_const(1, "scales")
    else:
        values = None
        if node.has_input(2) and node.need_const(2, "scales").size:
            values = node.const(2).reshape(-1)
        axes = [int(a) % len(shape) for a in node.attribute("axes", range(len(shape)))]
        if values is None:
            if node.attribute("keep_aspect_ratio_policy", "stretch") != "stretch":
                node.refuse("keep_aspect_ratio_policy is not supported")
            sizes = node.ints(3, "sizes", "sizes")
            if sizes is None:
                node.refuse("it has neither scales nor sizes")
            values = [size / shape[axis] for size, axis in zip(sizes, axes, strict=False)]
        by_axis = dict(zip(axes, values, strict=False))
        values = [by_axis.get(i, 1.0) for i in range(len(shape))]
    scales = [float(v) for v in values]
    if len(scales) != len(shape):
        node.refuse(f"it has {len(scales)} scales for {len(shape)} dimensions")
    return scales


def _modes(node: Node) -> str:
    coordinates = node.attribute("coordinate_transformation_mode", "half_pixel")
    rounding = node.attribute("nearest_mode", "round_prefer_floor")
    return f"coordinate_transformation_mode {coordinates} and nearest_mode {rounding}"


def _repeats(node: Node, factor: int, size: int) -> bool:
    """Whether result pixel i always takes input pixel i // factor, by the formulas of the ONNX specification."""
    if node.op_type == "Upsample" or node.opset < 11:
        return True  # defined as the floor of i / scale
    coordinates = node.attribute("coordinate_transformation_mode", "half_pixel")
    rounding = _ROUNDINGS.get(node.attribute("nearest_mode", "round_prefer_floor"))
    length = size * factor
    original: dict[str, Callable[[int], float]] = {
        "half_pixel": lambda i: (i + 0.5) / factor - 0.5,
        "half_pixel_symmetric": lambda i: (i + 0.5) / factor - 0.5,
        "pytorch_half_pixel": lambda i: (i + 0.5) / factor - 0.5 if length > 1 else 0.0,
        "asymmetric": lambda i: i / factor,
        "tf_half_pixel_for_nn": lambda i: (i + 0.5) / factor,
        "align_corners": lambda i: i * (size - 1) / (length - 1) if length > 1 else 0.0,
    }
    if coordinates not in original or rounding is None:
        return False
    place = original[coordinates]
    return all(min(max(rounding(place(i)), 0), size - 1) == i // factor for i in range(length))
