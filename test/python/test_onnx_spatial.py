"""Transposed convolutions, windows with depth, linear interpolation, LSTM and GRU: each form against onnxruntime, and
the sentence for each form that is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest
from conftest import NetworkRun
from onnx_models import one_node
from test_onnx_rules import F, agree, i64, w

from tpu_mlir.errors import UserError
from tpu_mlir.frontend.onnx import graph

Run = Callable[[onnx.ModelProto, dict[str, Any]], NetworkRun]


def deconv(x: list[int], filters: tuple[int, ...], bias: int = 0, **attributes: Any) -> onnx.ModelProto:
    weights = {"w": w(*filters)} | ({"b": w(bias)} if bias else {})
    return one_node("ConvTranspose", {"x": x}, weights, **attributes)


DECONVS = {
    "plain": deconv([1, 3, 5, 6], (3, 4, 3, 3)),
    "strides and bias": deconv([2, 3, 5, 6], (3, 4, 2, 3), 4, strides=[2, 3]),
    "pads on each side": deconv([1, 3, 5, 6], (3, 4, 4, 3), 4, strides=[2, 2], pads=[1, 0, 2, 1]),
    "pads beyond the filter": deconv([1, 2, 6, 6], (2, 3, 1, 2), 3, strides=[2, 2], pads=[1, 2, 2, 1]),
    "output padding": deconv([1, 3, 5, 6], (3, 4, 3, 3), strides=[3, 2], pads=[1, 1, 1, 1], output_padding=[2, 1]),
    "nothing but padding": deconv(
        [1, 1, 1, 1], (1, 2, 1, 1), 2, strides=[2, 2], pads=[1, 1, 0, 0], output_padding=[1, 1]
    ),
    "dilations": deconv([1, 3, 5, 6], (3, 4, 3, 2), dilations=[2, 3], strides=[1, 2]),
    "groups": deconv([1, 6, 5, 4], (6, 2, 3, 3), 6, group=3, strides=[2, 2]),
    "depth-wise": deconv([1, 5, 5, 4], (5, 1, 4, 4), group=5, strides=[2, 2], pads=[1, 1, 1, 1]),
    "same, upper": deconv([1, 2, 5, 6], (2, 3, 3, 4), auto_pad="SAME_UPPER", strides=[2, 3]),
    "same, lower": deconv([1, 2, 5, 6], (2, 3, 4, 3), auto_pad="SAME_LOWER", strides=[1, 2]),
    "valid": deconv([1, 2, 5, 6], (2, 3, 3, 3), auto_pad="VALID", strides=[2, 2]),
    "output shape": deconv([1, 2, 5, 6], (2, 3, 3, 3), output_shape=[10, 12], strides=[2, 2]),
    "a larger output shape": deconv([1, 2, 5, 6], (2, 3, 3, 3), 3, output_shape=[12, 14], strides=[2, 2]),
    "one axis": deconv([2, 4, 7], (4, 3, 5), 3, strides=[2], pads=[1, 2], output_padding=[1]),
}


@pytest.mark.parametrize("name", DECONVS)
def test_transposed_convolution(name: str, run_network: Run) -> None:
    agree(DECONVS[name], run_network)


VOLUMES = {
    "conv": one_node("Conv", {"x": [2, 3, 5, 6, 7]}, {"w": w(4, 3, 3, 2, 3), "b": w(4)}),
    "conv, all attributes": one_node(
        "Conv", {"x": [1, 4, 6, 7, 8]}, {"w": w(6, 2, 2, 3, 3)}, group=2, strides=[2, 1, 2], pads=[1, 0, 2, 0, 1, 1],
        dilations=[2, 1, 2]),
    "conv, depth-wise": one_node("Conv", {"x": [1, 4, 6, 7, 8]}, {"w": w(4, 1, 3, 3, 3)}, group=4, pads=[1] * 6),
    "conv, same": one_node(
        "Conv", {"x": [1, 2, 5, 7, 8]}, {"w": w(3, 2, 3, 4, 3)}, auto_pad="SAME_UPPER", strides=[2] * 3),
    "max": one_node(
        "MaxPool", {"x": [2, 3, 5, 6, 7]}, kernel_shape=[2, 3, 2], strides=[2, 1, 2], pads=[1, 1, 0, 0, 1, 1]),
    "max, rounded up": one_node("MaxPool", {"x": [1, 3, 6, 7, 8]}, kernel_shape=[3] * 3, strides=[2] * 3, ceil_mode=1),
    "mean": one_node("AveragePool", {"x": [2, 3, 5, 6, 7]}, kernel_shape=[2, 3, 2], pads=[1, 1, 0, 0, 1, 1]),
    "mean with its padding": one_node(
        "AveragePool", {"x": [1, 3, 5, 6, 7]}, kernel_shape=[3] * 3, pads=[1] * 6, strides=[2] * 3,
        count_include_pad=1),
    "mean of all": one_node("GlobalAveragePool", {"x": [2, 3, 4, 5, 6]}),
    "maximum of all": one_node("GlobalMaxPool", {"x": [2, 3, 4, 5, 6]}),
}  # fmt: skip


@pytest.mark.parametrize("name", VOLUMES)
def test_windows_with_depth(name: str, run_network: Run) -> None:
    agree(VOLUMES[name], run_network)


COORDINATES = ["half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "asymmetric", "align_corners"]
SCALES = ([1, 1, 2, 2], [1, 1, 0.6, 0.6], [1, 1, 3, 0.5], [1, 1, 1, 2.5])


def resized(shape: list[int], last: dict[str, np.ndarray], opset: int = 19, **attributes: Any) -> onnx.ModelProto:
    order = ["x", "", "", "n"] if "n" in last else ["x", "", "s"]
    return one_node("Resize", {"x": shape}, last, opset=opset, order=order, mode="linear", **attributes)


@pytest.mark.parametrize("mode", COORDINATES)
@pytest.mark.parametrize("scales", SCALES, ids=str)
def test_bilinear_by_scales(mode: str, scales: list[float], run_network: Run) -> None:
    last = {"s": np.array(scales, F)}
    agree(resized([1, 2, 5, 8], last, coordinate_transformation_mode=mode), run_network)


@pytest.mark.parametrize("mode", COORDINATES)
@pytest.mark.parametrize("sizes", [[1, 2, 7, 9], [1, 2, 3, 5], [1, 2, 1, 1], [1, 2, 8, 8]], ids=str)
def test_bilinear_by_sizes(mode: str, sizes: list[int], run_network: Run) -> None:
    agree(resized([1, 2, 5, 8], {"n": i64(*sizes)}, coordinate_transformation_mode=mode), run_network)


@pytest.mark.parametrize(("shape", "sizes"), [([1, 2, 6], [1, 2, 9]), ([1, 2, 3, 4, 5], [1, 2, 5, 4, 7])], ids=str)
def test_linear_along_one_and_three_axes(shape: list[int], sizes: list[int], run_network: Run) -> None:
    agree(resized(shape, {"n": i64(*sizes)}), run_network)


@pytest.mark.parametrize("roi", [[0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 0.2, -0.3, 1, 1, 0.8, 1.2]], ids=str)
def test_bilinear_of_a_region(roi: list[float], run_network: Run) -> None:
    weights = {"r": np.array(roi, F), "n": i64(1, 2, 6, 7)}
    attributes = {"coordinate_transformation_mode": "tf_crop_and_resize", "extrapolation_value": 0.5, "mode": "linear"}
    agree(one_node("Resize", {"x": [1, 2, 5, 8]}, weights, order=["x", "r", "", "n"], **attributes), run_network)


@pytest.mark.parametrize(("op", "opset"), [("Upsample", 9), ("Resize", 10)])
def test_bilinear_of_old(op: str, opset: int, run_network: Run) -> None:
    agree(one_node(op, {"x": [1, 2, 5, 8]}, {"s": np.array([1, 1, 2, 3], F)}, opset=opset, mode="linear"), run_network)


T, B, X, H = 5, 3, 4, 6  # steps, batch, features, hidden
LAYERS = {"LSTM": 4, "GRU": 3}


def layer(
    op: str, direction: str, has: str = "", outputs: tuple[str, ...] = ("y",), **attributes: Any
) -> onnx.ModelProto:
    """`has`: which of b(ias), l(engths), h, c there are; capital H and C are inputs of the network."""
    gates, d = LAYERS[op], 2 if direction == "bidirectional" else 1
    lengths = np.array([5, 2, 4], np.int32)
    state = [B, d, H] if attributes.get("layout") else [d, B, H]
    weights = {"w": w(d, gates * H, X), "r": w(d, gates * H, H), "b": w(d, 2 * gates * H), "l": lengths, "h": w(*state),
               "c": w(*state)}  # fmt: skip
    inputs = {"x": [B, T, X] if attributes.get("layout") else [T, B, X]} | {k: state for k in "HC" if k in has}
    order = ["x", "w", "r", *("b" if "b" in has else "",), *("l" if "l" in has else "",)]
    order += [next((k for k in (s, s.upper()) if k in has), "") for s in ("hc" if op == "LSTM" else "h")]
    used = {k: v for k, v in weights.items() if k in order}
    return one_node(op, inputs, used, outputs, 14, order, hidden_size=H, direction=direction, **attributes)


@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize("has", ["", "b", "bhc", "bHC", "bl", "blHC"])
@pytest.mark.parametrize("op", LAYERS)
def test_layers(op: str, direction: str, has: str, run_network: Run) -> None:
    outputs = ("y", "yh", "yc") if op == "LSTM" else ("y", "yh")
    agree(layer(op, direction, has, outputs), run_network)


@pytest.mark.parametrize("has", ["b", "bh"])
def test_gru_that_resets_late(has: str, run_network: Run) -> None:
    agree(layer("GRU", "bidirectional", has, ("y", "yh"), linear_before_reset=1), run_network)


@pytest.mark.parametrize("outputs", [("y",), ("", "yh"), ("", "", "yc"), ("y", "", "yc")], ids=str)
def test_results_that_are_asked_for(outputs: tuple[str, ...], run_network: Run) -> None:
    agree(layer("LSTM", "bidirectional", "b", outputs), run_network)


REFUSALS = [
    (layer("LSTM", "forward", clip=1.0), "attribute 'clip' is set"),
    (layer("LSTM", "forward", input_forget=1), "attribute 'input_forget' is set"),
    (layer("GRU", "forward", activations=["Relu", "Tanh"]), "its activations are Relu, Tanh; supported: sigmoid, tanh"),
    (one_node("LSTM", {"x": [T, B, X], "w": [1, 4 * H, X]}, {"r": w(1, 4 * H, H)}, hidden_size=H),
     "its input matrix 'w'"),
    (one_node("LSTM", {"x": [T, B, X]}, {"w": w(1, 24, X), "r": w(1, 24, H), "p": w(1, 18)}, hidden_size=H,
              order=["x", "w", "r", "", "", "", "", "p"]), "its peephole weights are not zero"),
    (one_node("LSTM", {"x": [T, B, X]}, {"w": w(1, 24, X), "r": w(1, 24, H), "l": np.array([9, 1, 1], np.int32)},
              hidden_size=H, order=["x", "w", "r", "", "l"]), "its sequence lengths [9, 1, 1] do not fit"),
    (deconv([1, 3, 4, 4], (3, 2, 3, 3), auto_pad="ALL"), "auto_pad 'ALL' is unknown"),
    (deconv([1, 3, 4, 4], (2, 2, 3, 3)), "takes 2 channels, and its input [1, 3, 4, 4] has 3"),
    (deconv([1, 3, 4, 4], (3, 2, 3, 3), pads=[3, 0, 3, 0]), "its pads leave 0 elements of spatial axis 0"),
    (deconv([1, 1, 4, 4, 4], (1, 1, 3, 3, 3)), "one or two spatial axes are supported"),
    (resized([1, 1, 4, 4], {"s": np.array([1, 1, 2, 2], F)}, antialias=1), "attribute 'antialias' is set"),
    (resized([1, 1, 4, 4], {"s": np.array([1, 1, 2, 2], F)}, coordinate_transformation_mode="tf_half_pixel_for_nn"),
     "coordinate_transformation_mode 'tf_half_pixel_for_nn' is not supported"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "sentence"), REFUSALS, ids=[s for _, s in REFUSALS])
def test_refusals(model: onnx.ModelProto, sentence: str, run_network: Run) -> None:
    with pytest.raises(UserError) as caught:
        run_network(graph.prepare(model, "model", simplifier=False), {})
    message = str(caught.value)
    assert sentence in message and f"node 'the_{model.graph.node[0].op_type}'" in message
