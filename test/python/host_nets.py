"""Networks with an op of the host between parts of the chip."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ANCHORS, CLASSES, SIZE = 2, 2, 8


def weights(**arrays: object) -> list[onnx.TensorProto]:
    return [numpy_helper.from_array(np.asarray(a), name) for name, a in arrays.items()]


def two_stages(most: int = 5, images: int = 1, overlap: float = 0.4, score: float = 0.2) -> onnx.ModelProto:
    """A convolutional detector, the suppression of its boxes, and a convolutional part that scores what is left.

    Outputs: `chosen` (int64 rows), `judged` [1, 4, rows, 1], and `map`, which the host has nothing to do with.
    """
    rng = np.random.default_rng(5)
    n = ANCHORS * SIZE * SIZE

    def conv(channels: int, inputs: int, kernel: int) -> np.ndarray:
        scale = np.sqrt(2 / (inputs * kernel * kernel))
        return rng.normal(0, scale, (channels, inputs, kernel, kernel)).astype(np.float32)

    ints = np.int64
    initial = weights(
        w0=conv(8, 3, 3),
        wb=conv(4 * ANCHORS, 8, 1),
        bb=np.array([4, 4, 6, 6] * ANCHORS, np.float32),
        ws=conv(CLASSES * ANCHORS, 8, 1),
        wm=conv(6, 8, 3),
        w1=conv(8, 3, 1),
        w2=conv(4, 8, 1),
        most=np.array([most], ints),
        overlap=np.array([overlap], np.float32),
        score=np.array([score], np.float32),
        box_shape=np.array([images, ANCHORS, 4, SIZE * SIZE], ints),
        box_rows=np.array([images, n, 4], ints),
        score_shape=np.array([images, ANCHORS, CLASSES, SIZE * SIZE], ints),
        score_rows=np.array([images, CLASSES, n], ints),
        row_shape=np.array([1, 1, -1, 3], ints),
    )
    nodes = [
        helper.make_node("Conv", ["x", "w0"], ["c0"], pads=[1] * 4),
        helper.make_node("Relu", ["c0"], ["f"]),
        helper.make_node("Conv", ["f", "wb", "bb"], ["b0"]),
        helper.make_node("Reshape", ["b0", "box_shape"], ["b1"]),
        helper.make_node("Transpose", ["b1"], ["b2"], perm=[0, 1, 3, 2]),
        helper.make_node("Reshape", ["b2", "box_rows"], ["boxes"]),
        helper.make_node("Conv", ["f", "ws"], ["s0"]),
        helper.make_node("Reshape", ["s0", "score_shape"], ["s1"]),
        helper.make_node("Transpose", ["s1"], ["s2"], perm=[0, 2, 1, 3]),
        helper.make_node("Reshape", ["s2", "score_rows"], ["scores"]),
        helper.make_node(
            "NonMaxSuppression",
            ["boxes", "scores", "most", "overlap", "score"],
            ["chosen"],
            center_point_box=1,
        ),
        helper.make_node("Cast", ["chosen"], ["real"], to=TensorProto.FLOAT),
        helper.make_node("Reshape", ["real", "row_shape"], ["rows"]),
        helper.make_node("Transpose", ["rows"], ["columns"], perm=[0, 3, 2, 1]),
        helper.make_node("Conv", ["columns", "w1"], ["c1"]),
        helper.make_node("Relu", ["c1"], ["r1"]),
        helper.make_node("Conv", ["r1", "w2"], ["judged"]),
        helper.make_node("Conv", ["f", "wm"], ["map"], pads=[1] * 4),
    ]
    outputs = [
        helper.make_tensor_value_info("chosen", TensorProto.INT64, ["rows", 3]),
        helper.make_tensor_value_info("judged", TensorProto.FLOAT, [1, 4, "rows", 1]),
        helper.make_tensor_value_info("map", TensorProto.FLOAT, [images, 6, SIZE, SIZE]),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [images, 3, SIZE, SIZE])
    graph = helper.make_graph(nodes, "two_stages", [x], outputs, initial)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model
