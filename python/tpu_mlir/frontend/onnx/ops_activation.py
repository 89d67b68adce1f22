"""Import of activations and other element-wise functions of one tensor."""

from __future__ import annotations

import math

from ..core.node import ANY_TYPE
from .ops_compare import announce_truth, announce_typed_truth
from .ops_eltwise import FLOAT32_MAX
from .registry import Node, onnx_op
from .values import type_name

_PLAIN = {
    "Sigmoid": "Sigmoid",
    "Tanh": "Tanh",
    "Exp": "Exp",
    "Sqrt": "Sqrt",
    "Abs": "Abs",
    "Log": "Log",
    "Erf": "Erf",
    "Softplus": "Softplus",
    "Mish": "Mish",
    "HardSwish": "HardSwish",
    "Sin": "Sin",
    "Cos": "Cos",
}


@onnx_op(*_PLAIN)
def plain(node: Node) -> None:
    """The function, element by element."""
    node.result(node.emit(_PLAIN[node.kind], [node.value(0)]))


@onnx_op("Relu")
def relu(node: Node) -> None:
    """max(x, 0)."""
    node.result(node.emit("Relu", [node.value(0)], {"relu_limit": -1.0}))


@onnx_op("Clip")
def clip(node: Node) -> None:
    """min(max(x, low), high) with constant bounds; from 0 up it is a Relu, with a limit if there is one."""
    low, high = _bound(node, 1, "min", -math.inf), _bound(node, 2, "max", math.inf)
    if low > high:
        # Source: the ONNX specification: where min is greater than max, every element is max.
        low = high
    if low == 0.0 and high > 0.0:
        limit = high if high < FLOAT32_MAX else -1.0
        node.result(node.emit("Relu", [node.value(0)], {"relu_limit": limit}))
    elif low <= -FLOAT32_MAX and high >= FLOAT32_MAX:
        node.pass_through()
    else:
        bounds = {"min": max(low, -FLOAT32_MAX), "max": min(high, FLOAT32_MAX)}
        node.result(node.emit("Clip", [node.value(0)], bounds))


def _bound(node: Node, index: int, attribute: str, default: float) -> float:
    """A bound that opset 11 and later take as an input and earlier ones as an attribute."""
    if node.has_input(index):
        return float(node.need_const(index, f"bound '{attribute}'").reshape(-1)[0])
    return float(node.attribute(attribute, default))


@onnx_op("LeakyRelu")
def leaky_relu(node: Node) -> None:
    """x where x > 0, else alpha * x."""
    node.result(node.emit("LeakyRelu", [node.value(0)], {"alpha": float(node.attribute("alpha", 0.01))}))


@onnx_op("PRelu")
def prelu(node: Node) -> None:
    """x where x > 0, else slope * x, with constant slopes of any shape that broadcasts to the tensor's."""
    slope = node.need_const(1, "slope")
    shape = node.shape(0)
    fits = slope.ndim <= len(shape) and all(
        s in (1, d) for s, d in zip(reversed(slope.shape), reversed(shape), strict=False)
    )
    if not fits or slope.size == 0:
        node.refuse(
            f"its slopes of shape {list(slope.shape)} do not broadcast to its input, {list(shape)}",
            "one slope for each channel of [n,c,h,w] has the shape [c,1,1]",
        )
    node.require_finite(node.inputs[1], slope)
    if (slope == slope.reshape(-1)[0]).all():
        node.result(node.emit("LeakyRelu", [node.value(0)], {"alpha": float(slope.reshape(-1)[0])}))
    else:
        node.result(node.emit("PRelu", [node.value(0), node.value(1)]))


@onnx_op("Elu")
def elu(node: Node) -> None:
    """x where x > 0, else alpha * (exp(x) - 1)."""
    node.result(node.emit("Elu", [node.value(0)], {"alpha": float(node.attribute("alpha", 1.0))}))


@onnx_op("HardSigmoid")
def hard_sigmoid(node: Node) -> None:
    """min(max(alpha * x + beta, 0), 1)."""
    attributes = {"alpha": float(node.attribute("alpha", 0.2)), "beta": float(node.attribute("beta", 0.5))}
    node.result(node.emit("HardSigmoid", [node.value(0)], attributes))


@onnx_op("Gelu")
def gelu(node: Node) -> None:
    """x * (1 + erf(x / sqrt 2)) / 2, or its approximation with tanh."""
    mode = node.attribute("approximate", "none")
    if mode not in ("none", "tanh"):
        node.refuse(f"approximate '{mode}' is neither 'none' nor 'tanh'")
    node.result(node.emit("GELU", [node.value(0)], {"approx_mode": mode} if mode == "tanh" else {}))


@onnx_op("Reciprocal")
def reciprocal(node: Node) -> None:
    """1 / x."""
    node.result(node.emit("Reciprocal", [node.value(0)], {"const_val": 1.0}))


@onnx_op("Swish")
def swish(node: Node) -> None:
    """x * sigmoid(x); alpha must be 1."""
    if float(node.attribute("alpha", 1.0)) != 1.0:
        node.refuse(f"alpha {node.attribute('alpha')} is not supported; alpha 1 is")
    node.result(node.emit("SiLU", [node.value(0)]))


@onnx_op("Identity", "Dropout")
def identity(node: Node) -> None:
    """Nothing at inference time; Dropout's mask must not be used."""
    if node.has_output(1):
        node.refuse("its second result (the mask) is used")
    if node.kind == "Dropout" and node.has_input(2):
        training = node.const(2)
        if training is None or bool(training.reshape(-1)[0]):
            node.refuse("it is in training mode", "export the network in evaluation mode")
    node.pass_through()


@onnx_op("Cast", "CastLike", types=ANY_TYPE)
def cast(node: Node) -> None:
    """A change of element type: between floats (all are float32 here), integers of 8, 32 and 64 bits and booleans."""
    import onnx

    if node.kind == "CastLike":
        like = node.const(1)
        target = str(like.dtype) if like is not None else node.type_of_value(node.value(1))
    else:
        kind = node.attribute("to", onnx.TensorProto.FLOAT)
        target = type_name(kind)
        if target not in ANY_TYPE:
            node.refuse(f"it casts to {onnx.TensorProto.DataType.Name(kind)}; known: {', '.join(ANY_TYPE)}")
    value = node.value(0)
    if node.type_of_value(value) == target:
        node.pass_through()
        return
    if target == "bool" and node.type_of_value(value) == "float32":
        announce_truth(node, "CompareConst", [value], {"mode": "NotEqual", "const_val": 0.0})
        return
    if target == "bool":
        announce_typed_truth(node, "Cast", [value], {})
        return
    if target == "float32" and node.type_of_value(value) == "bool":
        # The chip has no booleans, and the host runs what has 64-bit integers.
        value = node.emit("Cast", [value], suffix="whole", type="int64")
    node.result(node.emit("Cast", [value], type=target))
