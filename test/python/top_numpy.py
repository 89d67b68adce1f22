"""Top's meaning a second time, in numpy: a builder that computes each operation as it is added.

Tests give it to the importer in place of `pymlir.Builder`; what it computes is then compared with onnxruntime, so an
import is proven without the compiled core, and the core's interpreter has an oracle that is not itself.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from top_numpy_spatial import SPATIAL_OPS

from tpu_mlir.errors import UserError


class EagerBuilder:
    """Same methods as `pymlir.Builder`; `tensors` holds every result by name."""

    def __init__(self, inputs: Mapping[str, np.ndarray]) -> None:
        self.inputs = inputs
        self.tensors: dict[str, np.ndarray] = {}
        self.weights: dict[str, np.ndarray] = {}
        self.operations: list[tuple[str, dict[str, Any], str]] = []
        self.input_attributes: dict[str, dict[str, Any]] = {}
        self.outputs: list[np.ndarray] = []

    def input(self, name: str, shape: Sequence[int], attributes: dict[str, Any], type: str = "float32") -> np.ndarray:
        value = np.asarray(self.inputs.get(name, np.zeros(shape)), type)
        value = value if value.ndim else value.reshape(1)  # a scalar is a vector of one in Top
        assert value.shape == tuple(shape)
        self.input_attributes[name] = attributes
        self._name(name, value)
        return value

    def weight(self, name: str, array: np.ndarray) -> np.ndarray:
        assert array.ndim > 0 and name not in self.weights and name not in self.tensors
        self.weights[name] = array
        return array

    def none(self) -> None:
        return None

    def op(
        self, op: str, operands: list[Any], attributes: dict[str, Any], name: str, type: str | None = None
    ) -> np.ndarray:
        if op.removeprefix("top.") not in OPS:
            raise UserError(f"numpy computes no {op}")
        moves = op.removeprefix("top.") in MOVES
        kind = type or (operands[0].dtype if moves else np.float32)
        with np.errstate(all="ignore"):
            value = np.asarray(OPS[op.removeprefix("top.")](operands, attributes), kind)
        self.operations.append((op, attributes, name))
        self._name(name, value)
        return value

    def type(self, value: np.ndarray) -> str:
        return str(value.dtype)

    def shape(self, value: np.ndarray) -> list[int]:
        return list(value.shape)

    def finish(self, results: list[np.ndarray]) -> None:
        self.outputs = results

    def _name(self, name: str, value: np.ndarray) -> None:
        assert name not in self.tensors and name not in self.weights, f"two values are called {name}"
        self.tensors[name] = value


def _windows(x: np.ndarray, kernel: Sequence[int], strides: Sequence[int], dilations: Sequence[int]) -> np.ndarray:
    """[n,c,h,w] -> [n,c,oh,ow,kh,kw]."""
    extent = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    view = np.lib.stride_tricks.sliding_window_view(x, extent, axis=(2, 3))
    return view[:, :, :: strides[0], :: strides[1], :: dilations[0], :: dilations[1]]


def _pad(x: np.ndarray, pads: Sequence[int], value: float) -> np.ndarray:
    return np.pad(x, ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])), constant_values=value)


def _conv(operands: list[Any], a: dict[str, Any]) -> np.ndarray:
    x, w, bias = operands
    group = a["group"]
    assert list(w.shape[2:]) == a["kernel_shape"] and x.shape[1] == w.shape[1] * group
    windows = _windows(_pad(x, a["pads"], 0.0), a["kernel_shape"], a["strides"], a["dilations"])
    n, c, oh, ow, kh, kw = windows.shape
    grouped = windows.reshape(n, group, c // group, oh, ow, kh, kw)
    filters = w.reshape(group, w.shape[0] // group, c // group, kh, kw)
    y = np.einsum("ngcyxij,gocij->ngoyx", grouped, filters, optimize=True).reshape(n, w.shape[0], oh, ow)
    return y if bias is None else y + bias[None, :, None, None]


def _matmul(operands: list[Any], a: dict[str, Any]) -> np.ndarray:
    left, right, bias = operands
    left = left.swapaxes(-1, -2) if a.get("left_transpose") else left
    right = right.swapaxes(-1, -2) if a.get("right_transpose") else right
    y = left @ right
    return y if bias is None else y + bias


def _batch_norm(operands: list[Any], a: dict[str, Any]) -> np.ndarray:
    x, mean, variance, gamma, beta = operands
    view = (-1,) + (1,) * (x.ndim - 2)
    scale = gamma / np.sqrt(variance + a["epsilon"])
    return (x - mean.reshape(view)) * scale.reshape(view) + beta.reshape(view)


def _scale(operands: list[Any], a: dict[str, Any]) -> np.ndarray:
    x, scale, bias = operands
    view = (-1,) + (1,) * (x.ndim - 2)
    y = x * scale.reshape(view)
    return y if bias is None else y + bias.reshape(view)


def _add(operands: list[Any], a: dict[str, Any]) -> np.ndarray:
    coefficients = a.get("coeff") or [1.0] * len(operands)
    return sum(np.float32(c) * x for c, x in zip(coefficients, operands, strict=True))


def _max_pool(operands: list[Any], a: dict[str, Any]) -> np.ndarray:
    padded = _pad(operands[0], a["pads"], -np.inf)
    return _windows(padded, a["kernel_shape"], a["strides"], (1, 1)).max(axis=(4, 5))


def _avg_pool(operands: list[Any], a: dict[str, Any]) -> np.ndarray:
    x, pads, ceil = operands[0], a["pads"], a["ceil_pad"]
    total = _windows(_pad(x, pads, 0.0), a["kernel_shape"], a["strides"], (1, 1)).sum(axis=(4, 5), dtype=np.float64)
    ones = np.ones((1, 1, *x.shape[2:]))
    if a["count_include_pad"]:
        inner = [pads[0], pads[1], pads[2] - ceil[0], pads[3] - ceil[1]]
        ones = _pad(_pad(ones, inner, 1.0), [0, 0, *ceil], 0.0)
    else:
        ones = _pad(ones, pads, 0.0)
    return total / _windows(ones, a["kernel_shape"], a["strides"], (1, 1)).sum(axis=(4, 5))


def _slice(operands: list[Any], a: dict[str, Any]) -> np.ndarray:
    return operands[0][tuple(slice(b, e, s) for b, e, s in zip(a["offset"], a["ends"], a["steps"], strict=True))]


def _pad_op(operands: list[Any], a: dict[str, Any]) -> np.ndarray:
    rank = operands[0].ndim
    widths = list(zip(a["paddings"][:rank], a["paddings"][rank:], strict=True))
    if a["mode"] == "constant":
        return np.pad(operands[0], widths, constant_values=a["val"])
    return np.pad(operands[0], widths, mode=a["mode"])


def _flatten(operands: list[Any], a: dict[str, Any]) -> np.ndarray:
    x = operands[0]
    end = a["end_dim"] % x.ndim
    return x.reshape(*x.shape[: a["start_dim"]], -1, *x.shape[end + 1 :])


def _unary(function: Callable[[Any], Any]) -> Callable[[list[Any], dict[str, Any]], Any]:
    return lambda operands, a: function(operands[0].astype(np.float64))


def _clip(x: Any, low: float, high: float) -> Any:
    return np.minimum(np.maximum(x, low), high)


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


_erf = np.vectorize(math.erf)

# Their results have the type of what they move.
MOVES = {"Concat", "Slice", "Gather", "Pad", "Reshape", "Flatten", "Permute", "Upsample"}


def _gelu(x: Any) -> Any:
    return x * (1 + _erf(x / math.sqrt(2))) / 2


def _gelu_tanh(x: Any) -> Any:
    return x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2


def _softmax(operands: list[Any], a: dict[str, Any]) -> Any:
    x = operands[0].astype(np.float64) * a.get("beta", 1.0)
    x = x - x.max(axis=a["axis"], keepdims=True)
    total = np.exp(x).sum(axis=a["axis"], keepdims=True)
    return x - np.log(total) if a.get("log") else np.exp(x) / total


_REDUCTIONS: dict[str, Callable[..., Any]] = {
    "Mean": np.mean,
    "Sum": np.sum,
    "Max": np.max,
    "Min": np.min,
    "Prod": np.prod,
    "L1": lambda x, **of: np.abs(x).sum(**of),
    "L2": lambda x, **of: np.sqrt((x * x).sum(**of)),
}


def _reduce(operands: list[Any], a: dict[str, Any]) -> Any:
    x = operands[0].astype(np.float64)
    y = _REDUCTIONS[a["mode"]](x, axis=tuple(a["axes"]), keepdims=a["keepdims"])
    return y if y.ndim else y.reshape(1)


def _affine(y: Any, weights: Sequence[Any], channels: int | None, shape: Sequence[int]) -> Any:
    """`weights`: scale and bias, perhaps None, for each channel of axis `channels`, or of the last axes' `shape`."""
    view = list(shape) if channels is None else [-1, *[1] * (y.ndim - 2)]
    scale, bias = (None if w is None else w.reshape(view) for w in weights)
    y = y if scale is None else y * scale
    return y if bias is None else y + bias


def _normalised(x: Any, axes: tuple[int, ...], eps: float, weights: Sequence[Any], channels: int | None) -> Any:
    x = x.astype(np.float64)
    centred = x - x.mean(axis=axes, keepdims=True)
    y = centred / np.sqrt((centred**2).mean(axis=axes, keepdims=True) + eps)
    return _affine(y, weights, channels, x.shape[axes[0] :] if axes else [])


def _group_norm(operands: list[Any], a: dict[str, Any]) -> Any:
    x, *weights = operands
    grouped = x.reshape(x.shape[0], a["num_groups"], -1)
    y = _normalised(grouped, (2,), a["eps"], [None, None], None).reshape(x.shape)
    return _affine(y, weights, 1, [])


def _rms_norm(operands: list[Any], a: dict[str, Any]) -> Any:
    x, gamma = operands[0].astype(np.float64), operands[1]
    y = x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + a["eps"])
    return y if gamma is None else y * gamma.reshape(-1)


_HOLDS: dict[str, Callable[[Any, Any], Any]] = {
    "Equal": np.equal, "NotEqual": np.not_equal, "Greater": np.greater, "GreaterOrEqual": np.greater_equal,
    "Less": np.less, "LessOrEqual": np.less_equal, "And": np.logical_and, "Or": np.logical_or, "Xor": np.logical_xor,
}  # fmt: skip


def _where(operands: list[Any], a: dict[str, Any]) -> np.ndarray:
    cond, yes, no = operands
    yes = np.float32(a["x_const_val"]) if yes is None else yes
    return np.where(cond != 0, yes, np.float32(a["y_const_val"]) if no is None else no)


def _order(x: np.ndarray, axis: int, largest: bool, takes_last: bool = False) -> np.ndarray:
    """Indices along the axis from the first to be chosen to the last."""
    keys = -x if largest else x
    if takes_last:
        return x.shape[axis] - 1 - np.argsort(np.flip(keys, axis), axis=axis, kind="stable")
    return np.argsort(keys, axis=axis, kind="stable")


def _arg(operands: list[Any], a: dict[str, Any]) -> np.ndarray:
    x, axis = operands[0], a["axis"]
    found = _order(x, axis, a["mode"] == "ArgMax", a["select_last_index"]).take([0], axis)
    return found if a["keepdims"] or x.ndim == 1 else found.squeeze(axis)


def _top_k(operands: list[Any], a: dict[str, Any]) -> np.ndarray:
    x, axis = operands[0], a["axis"]
    found = _order(x, axis, a["largest"]).take(range(a["K"]), axis)
    return found if a["gives"] == "indices" else np.take_along_axis(x, found, axis)


OPS: dict[str, Callable[[list[Any], dict[str, Any]], Any]] = {
    "Conv": _conv,
    "MatMul": _matmul,
    "BatchNorm": _batch_norm,
    "Scale": _scale,
    "Add": _add,
    "Sub": lambda x, a: x[0] - x[1],
    "Mul": lambda x, a: math.prod(x[1:], start=x[0]),
    "Max": lambda x, a: functools.reduce(np.maximum, x),
    "Min": lambda x, a: functools.reduce(np.minimum, x),
    "Compare": lambda x, a: _HOLDS[a["mode"]](x[0], x[1]),
    "CompareConst": lambda x, a: _HOLDS[a["mode"]](x[0], np.float32(a["const_val"])),
    "Where": _where,
    "Arg": _arg,
    "TopK": _top_k,
    "Take": lambda x, a: np.take(x[0], x[1].astype(np.int64), a["axis"]),
    "AddConst": lambda x, a: x[0] + np.float32(a["const_val"]),
    "MulConst": lambda x, a: x[0] * np.float32(a["const_val"]),
    "Relu": lambda x, a: _clip(x[0], 0.0, a["relu_limit"] if a["relu_limit"] > 0 else np.inf),
    "LeakyRelu": lambda x, a: np.where(x[0] > 0, x[0], np.float32(a["alpha"]) * x[0]),
    "PRelu": lambda x, a: np.where(x[0] > 0, x[0], x[1] * x[0]),
    "Clip": lambda x, a: _clip(x[0], np.float32(a["min"]), np.float32(a["max"])),
    "Elu": lambda x, a: np.where(x[0] > 0, x[0], a["alpha"] * np.expm1(x[0])),
    "HardSigmoid": lambda x, a: _clip(a["alpha"] * x[0] + a["beta"], 0, 1),
    "Sigmoid": _unary(_sigmoid),
    "SiLU": _unary(lambda x: x * _sigmoid(x)),
    "Tanh": _unary(np.tanh),
    "GELU": lambda x, a: (_gelu_tanh if a.get("approx_mode") == "tanh" else _gelu)(x[0].astype(np.float64)),
    "Rsqrt": _unary(lambda x: 1 / np.sqrt(x)),
    "Reciprocal": lambda x, a: a["const_val"] / x[0].astype(np.float64),
    "Pow": lambda x, a: x[0].astype(np.float64) ** a["exponent"],
    "Sin": _unary(np.sin),
    "Cos": _unary(np.cos),
    "Div": lambda x, a: x[0] / x[1],
    "Softmax": _softmax,
    "Reduce": _reduce,
    "CumSum": lambda x, a: np.cumsum(x[0], axis=a["axis"], dtype=np.float64),
    "LayerNorm": lambda x, a: _normalised(x[0], tuple(range(a["axis"] % x[0].ndim, x[0].ndim)), a["eps"], x[1:], None),
    "InstanceNorm": lambda x, a: _normalised(x[0], tuple(range(2, x[0].ndim)), a["eps"], x[1:], 1),
    "GroupNorm": _group_norm,
    "RMSNorm": _rms_norm,
    "Exp": _unary(np.exp),
    "Log": _unary(np.log),
    "Sqrt": _unary(np.sqrt),
    "Abs": _unary(np.abs),
    "Erf": _unary(_erf),
    "Softplus": _unary(lambda x: np.logaddexp(0, x)),
    "Mish": _unary(lambda x: x * np.tanh(np.logaddexp(0, x))),
    "HardSwish": _unary(lambda x: x * _clip(x / 6 + 0.5, 0, 1)),
    "MaxPool": _max_pool,
    "AvgPool": _avg_pool,
    "Cast": lambda x, a: x[0],
    "Concat": lambda x, a: np.concatenate(x, axis=a["axis"]),
    "Slice": _slice,
    "Gather": lambda x, a: np.take(x[0], a["indices"], axis=a["axis"]),
    "Pad": _pad_op,
    "Reshape": lambda x, a: x[0].reshape(a["shape"]),
    "Flatten": _flatten,
    "Permute": lambda x, a: x[0].transpose(a["order"]),
    "Upsample": lambda x, a: x[0].repeat(a["scale_h"], axis=2).repeat(a["scale_w"], axis=3),
    **SPATIAL_OPS,
}
