"""Import of element-wise arithmetic; constant operands become scalars, per-channel scales or weights."""

from __future__ import annotations

import math
from typing import Any

from .registry import Node, onnx_op


@onnx_op("Add", "Sum")
def add(node: Node) -> None:
    """Sum of tensors, broadcast as in numpy; any operand may be constant."""
    if len(node.inputs) == 1:
        node.pass_through()
        return
    if len(node.inputs) == 2:
        for constant, other in ((1, 0), (0, 1)):
            array = node.const(constant)
            if array is not None:
                node.result(add_constant(node, node.value(other), array, node.inputs[constant]))
                return
    node.result(node.emit("Add", [node.value(i) for i in range(len(node.inputs))]))


@onnx_op("Sub")
def sub(node: Node) -> None:
    """Difference of two tensors, broadcast as in numpy; either may be constant."""
    minuend, subtrahend = node.const(0), node.const(1)
    if subtrahend is not None:
        node.result(add_constant(node, node.value(0), -subtrahend, node.inputs[1], "neg"))
    elif minuend is not None:
        negative = node.emit("MulConst", [node.value(1)], {"const_val": -1.0}, "neg")
        node.result(add_constant(node, negative, minuend, node.inputs[0]))
    else:
        node.result(node.emit("Sub", [node.value(0), node.value(1)]))


@onnx_op("Mul")
def mul(node: Node) -> None:
    """Product of two tensors, broadcast as in numpy; either may be constant."""
    for constant, other in ((1, 0), (0, 1)):
        array = node.const(constant)
        if array is not None:
            node.result(multiply_constant(node, node.value(other), array, node.inputs[constant]))
            return
    node.result(node.emit("Mul", [node.value(0), node.value(1)]))


@onnx_op("Div")
def div(node: Node) -> None:
    """Quotient of two tensors, broadcast as in numpy; a constant divisor must have no zeros."""
    import numpy as np

    dividend, divisor = node.const(0), node.const(1)
    if divisor is None:
        shape = node.shape(1)
        if dividend is not None and dividend.size == 1 and dividend.ndim <= len(shape):
            node.require_finite(node.inputs[0], dividend)
            node.result(node.emit("Reciprocal", [node.value(1)], {"const_val": float(dividend.reshape(-1)[0])}))
        else:
            node.result(node.emit("Div", [node.value(0), node.value(1)]))
        return
    if not np.all(divisor):
        node.refuse(f"its divisor '{node.inputs[1]}' contains a zero")
    reciprocal = (1.0 / divisor.astype(np.float64)).astype(np.float32)
    node.result(multiply_constant(node, node.value(0), reciprocal, node.inputs[1], "reciprocal"))


@onnx_op("Neg")
def neg(node: Node) -> None:
    """Negation."""
    node.result(node.emit("MulConst", [node.value(0)], {"const_val": -1.0}))


@onnx_op("Pow")
def pow_(node: Node) -> None:
    """Powers by one constant number."""
    exponent = node.need_const(1, "exponent")
    value = float(exponent.reshape(-1)[0]) if exponent.size == 1 else None
    if value == 2.0:
        node.result(node.emit("Mul", [node.value(0), node.value(0)]))
    elif value == 0.5:
        node.result(node.emit("Sqrt", [node.value(0)]))
    elif value == 1.0:
        node.pass_through()
    elif value is None:
        node.refuse(f"its exponents have the shape {list(exponent.shape)}; one number for all elements is supported")
    else:
        node.require_finite(node.inputs[1], exponent)
        node.result(node.emit("Pow", [node.value(0)], {"exponent": value}))


@onnx_op("Max", "Min")
def max_min(node: Node) -> None:
    """Maximum or minimum of tensors, broadcast as in numpy; constants of one element become bounds."""
    if len(node.inputs) == 1:
        node.pass_through()
        return
    rank = max(len(node.shape(i)) for i in range(len(node.inputs)))
    arrays = [node.const(i) for i in range(len(node.inputs))]
    tensors = [i for i, a in enumerate(arrays) if a is None]
    # A bound must not raise the rank: [1, 1] and [3] make [1, 3].
    plain = max((len(node.shape(i)) for i in tensors), default=0) == rank
    bounds = [float(a.reshape(-1)[0]) for a in arrays if a is not None and a.size == 1 and plain]
    operands = [i for i, a in enumerate(arrays) if a is None or a.size != 1 or not plain]
    value = node.value(operands[0])
    if len(operands) > 1:
        value = node.emit(node.kind, [node.value(i) for i in operands], {}, "tensors" if bounds else "")
    if bounds and node.kind == "Max":
        bound = max(bounds)
        value = (
            node.emit("Relu", [value], {"relu_limit": -1.0})
            if bound == 0.0
            else node.emit("Clip", [value], {"min": bound, "max": math.inf})
        )
    elif bounds:
        value = node.emit("Clip", [value], {"min": -math.inf, "max": min(bounds)})
    node.result(value)


FLOAT32_MAX = 3.4028234663852886e38  # the largest finite float32: a bound that bounds nothing


def add_constant(node: Node, value: Any, array: Any, source: str, *done: str) -> Any:
    """value + array, as AddConst, as a per-channel Scale, or as Add with a weight.

    array: the constant `source` after all that `done` lists.
    """
    import numpy as np

    array = np.asarray(array, np.float32)
    shape = node.shape_of_value(value)
    if array.size == 1 and array.ndim <= len(shape):
        node.require_finite(source, array)
        return node.emit("AddConst", [value], {"const_val": float(array.reshape(-1)[0])})
    if is_per_channel(array, shape):
        scale = node.name(suffix="scale")
        ones = node.weight(np.ones(shape[1], np.float32), "", scale, name=scale)
        return node.emit("Scale", [value, ones, _vector(node, array, source, done, len(shape))])
    return node.emit("Add", [value, _weight(node, array, source, done)])


def multiply_constant(node: Node, value: Any, array: Any, source: str, *done: str) -> Any:
    """value * array, as MulConst, as a per-channel Scale, or as Mul with a weight; array as in `add_constant`."""
    import numpy as np

    array = np.asarray(array, np.float32)
    shape = node.shape_of_value(value)
    if array.size == 1 and array.ndim <= len(shape):
        node.require_finite(source, array)
        return node.emit("MulConst", [value], {"const_val": float(array.reshape(-1)[0])})
    if is_per_channel(array, shape):
        return node.emit("Scale", [value, _vector(node, array, source, done, len(shape)), node.none()])
    return node.emit("Mul", [value, _weight(node, array, source, done)])


def _vector(node: Node, array: Any, source: str, done: tuple[str, ...], rank: int) -> Any:
    """A weight for one channel of a tensor of `rank` axes each, stored flat; others may use the constant as it is."""
    if array.ndim == 1:
        return _weight(node, array, source, done)
    return _weight(node, array.reshape(-1), source, (*done, "channel" if rank > 2 else "row"))


def _weight(node: Node, array: Any, source: str, done: tuple[str, ...]) -> Any:
    return node.weight(array, source, *done, name="_".join((source, *done)))


def is_per_channel(array: Any, shape: tuple[int, ...]) -> bool:
    """Whether a constant broadcast to `shape` varies along axis 1 only, and covers it."""
    if len(shape) < 2 or array.ndim > len(shape):
        return False
    full = (1,) * (len(shape) - array.ndim) + tuple(array.shape)
    return full[1] == shape[1] and all(d == 1 for i, d in enumerate(full) if i != 1)
