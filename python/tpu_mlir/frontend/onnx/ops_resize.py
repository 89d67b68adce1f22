"""Import of Resize and Upsample.

Nearest neighbours: whole factors repeat pixels, others take them one by one. Linear interpolation is an op of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

from .ops_select import axis_of, require_few, take
from .registry import Node, onnx_op


@dataclass(frozen=True)
class Target:
    """What becomes of one axis: its size and its factor, which are not always each other's quotient."""

    size: int
    scale: float


@onnx_op("Upsample", "Resize")
def resize(node: Node) -> None:
    """Scaling of any axes by constant scales or sizes, nearest or linear, and whatever leaves every size as it is."""
    shape = node.shape(0)
    targets = _targets(node, shape)
    if any(t.size < 1 for t in targets):
        node.refuse(f"its result is empty: {[t.size for t in targets]}")
    # Source: onnxruntime, which copies where no size changes, whatever the scales.
    if [t.size for t in targets] == list(shape):
        node.pass_through()
        return
    mode = node.attribute("mode", "nearest")
    if mode in ("linear", "bilinear", "trilinear"):
        _interpolate(node, targets)
        return
    if mode != "nearest":
        node.refuse(f"mode '{mode}' is not supported; supported modes: nearest, linear")
    for axis, target in enumerate(targets):
        require_few(node, target.size if target.scale != 1.0 else 0, axis)
    indices = {a: _indices(node, s, t) for a, (s, t) in enumerate(zip(shape, targets, strict=True)) if t.scale != 1.0}
    indices = {a: taken for a, taken in indices.items() if taken != list(range(shape[a]))}
    if not indices:
        node.pass_through()
        return
    factors = {a: len(taken) // shape[a] for a, taken in indices.items() if _repeats(taken, shape[a])}
    value = node.value(0)
    if len(shape) == 4 and factors and set(factors) <= {2, 3}:
        rest = sorted(set(indices) - set(factors))
        attributes = {"scale_h": factors.get(2, 1), "scale_w": factors.get(3, 1)}
        value = node.emit("Upsample", [value], attributes, "repeated" if rest else "")
    else:
        rest = sorted(indices)
    for axis in rest:
        suffix = "" if axis == rest[-1] else f"axis{axis}"
        if axis in factors:
            value = _repeat(node, value, axis, factors[axis], suffix)
        else:
            value = take(node, value, axis, indices[axis], suffix)
    node.result(value)


LINEAR_COORDINATES = (
    "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "asymmetric", "align_corners", "tf_crop_and_resize",
)  # fmt: skip


def _interpolate(node: Node, targets: list[Target]) -> None:
    """Linear interpolation along the axes that change."""
    if node.attribute("antialias", 0):
        node.refuse("attribute 'antialias' is set; linear interpolation between two neighbours is supported")
    is_old = node.kind == "Upsample" or node.opset < 11
    coordinates = "asymmetric" if is_old else node.attribute("coordinate_transformation_mode", "half_pixel")
    if coordinates not in LINEAR_COORDINATES:
        known = ", ".join(LINEAR_COORDINATES)
        node.refuse(f"coordinate_transformation_mode '{coordinates}' is not supported; supported: {known}")
    attributes: dict[str, Any] = {
        "sizes": [t.size for t in targets],
        "scales": [t.scale for t in targets],
        "coord_mode": coordinates,
    }
    if coordinates == "tf_crop_and_resize":
        region = [float(v) for v in node.need_const(1, "roi").reshape(-1)]
        rank, axes = len(targets), [int(a) for a in node.attribute("axes", range(len(targets)))]
        if len(region) != 2 * len(axes):
            node.refuse(f"its roi has {len(region)} numbers for {len(axes)} axes; two for each are needed")
        roi = [0.0] * rank + [1.0] * rank
        for place, axis in enumerate(axes):
            roi[axis % rank], roi[rank + axis % rank] = region[place], region[len(axes) + place]
        attributes["roi"] = roi
        attributes["extrapolation_value"] = float(node.attribute("extrapolation_value", 0.0))
    node.result(node.emit("Interp", [node.value(0)], attributes))


def _repeats(indices: list[int], size: int) -> bool:
    """Whether each of `size` elements is taken equally often, one after the other."""
    factor = len(indices) // size
    return indices == [i // factor for i in range(size * factor)] if factor else False


def _repeat(node: Node, value: Any, axis: int, factor: int, suffix: str) -> Any:
    """Each element of `axis` `factor` times, as rows of [1, before, axis, after]."""
    shape = list(node.shape_of_value(value))
    rows = [1, prod(shape[:axis]), shape[axis], prod(shape[axis + 1 :])]
    value = node.reshape(value, rows, f"rows{axis}")
    shape[axis] *= factor
    rows[2] *= factor
    attributes = {"scale_h": factor, "scale_w": 1}
    value = node.emit("Upsample", [value], attributes, suffix if rows == shape else f"repeated{axis}")
    return value if rows == shape else node.reshape(value, shape, suffix)


def _targets(node: Node, shape: tuple[int, ...]) -> list[Target]:
    """Size and factor of each axis, from scales or from sizes.

    Source of the formulas: the ONNX specification of Resize; numbers are float32, as onnxruntime's.
    """
    import numpy as np

    rank = len(shape)
    axes = [axis_of(node, int(a), rank) for a in node.attribute("axes", range(rank))]
    sizes: list[int] | None = None
    values: Any = None
    if node.has_attribute("scales"):  # Upsample 7
        values = node.attribute("scales")
    elif node.kind == "Upsample" or node.opset < 11:
        values = node.need_const(1, "scales").reshape(-1)
    else:
        if node.has_input(2) and node.need_const(2, "scales").size:
            values = node.const(2).reshape(-1)
        elif not (sizes := node.ints(3, "sizes", "sizes")):
            node.refuse("it has neither scales nor sizes")
    given = len(values) if values is not None else len(sizes or [])
    if given != len(axes):
        node.refuse(f"it has {given} {'scales' if sizes is None else 'sizes'} for {len(axes)} axes")
    targets = [Target(d, 1.0) for d in shape]
    if sizes is None:
        for axis, value in zip(axes, values, strict=True):
            scale = np.float32(value)
            if not (np.isfinite(scale) and scale > 0):
                node.refuse(f"its scale {value} of axis {axis} is not a positive number")
            targets[axis] = Target(_whole(scale * np.float32(shape[axis])), float(scale))
        return targets
    policy = node.attribute("keep_aspect_ratio_policy", "stretch")
    if policy not in ("stretch", "not_larger", "not_smaller"):
        node.refuse(f"keep_aspect_ratio_policy '{policy}' is unknown; known: stretch, not_larger, not_smaller")
    scales = {a: np.float32(size) / np.float32(shape[a]) for a, size in zip(axes, sizes, strict=True)}
    for axis, size in zip(axes, sizes, strict=True):
        scale = scales[axis]
        if policy != "stretch":
            scale = min(scales.values()) if policy == "not_larger" else max(scales.values())
            size = _whole(scale * np.float32(shape[axis]) + np.float32(0.5))
        targets[axis] = Target(size, float(scale))
    return targets


def _whole(value: Any) -> int:
    """The largest whole number that is not above `value`, a float32, which may have overflowed."""
    import numpy as np

    return int(np.floor(min(value, np.float32(2**62))))


def _indices(node: Node, size: int, target: Target) -> list[int]:
    """The element that each position of the result takes.

    Source: the formulas of the ONNX specification of Resize, in float32 and in onnxruntime's order of operations.
    """
    import numpy as np

    one, half = np.float32(1), np.float32(0.5)
    scale, length = np.float32(target.scale), np.float32(target.size)
    x = np.arange(target.size, dtype=np.float32)
    if node.kind == "Upsample" or node.opset < 11:
        place = x / scale
        found = np.ceil(place) if scale < 1 else np.floor(place)
        return [int(i) for i in np.clip(found, 0, size - 1)]
    coordinates = node.attribute("coordinate_transformation_mode", "half_pixel")
    rounding = node.attribute("nearest_mode", "round_prefer_floor")
    centre = np.float32(size) / np.float32(2)
    zero = np.zeros_like(x)
    places: dict[str, Callable[[], Any]] = {
        "half_pixel": lambda: (x + half) / scale - half,
        "half_pixel_symmetric": lambda: (
            centre * (one - length / (scale * np.float32(size))) + ((x + half) / scale - half)
        ),
        "pytorch_half_pixel": lambda: (x + half) / scale - half if target.size > 1 else zero,
        "asymmetric": lambda: x / scale,
        "tf_half_pixel_for_nn": lambda: (x + half) / scale,
        "align_corners": lambda: x * np.float32(size - 1) / (length - one) if target.size > 1 else zero,
    }
    roundings: dict[str, Callable[[Any], Any]] = {
        "round_prefer_floor": lambda p: np.ceil(p - half),
        "round_prefer_ceil": lambda p: np.floor(p + half),
        "floor": np.floor,
        "ceil": np.ceil,
    }
    if coordinates not in places:
        node.refuse(f"coordinate_transformation_mode '{coordinates}' is not supported; supported: {', '.join(places)}")
    if rounding not in roundings:
        node.refuse(f"nearest_mode '{rounding}' is unknown; known: {', '.join(roundings)}")
    found = roundings[rounding](places[coordinates]())
    return [int(i) for i in np.clip(found, 0, size - 1)]
