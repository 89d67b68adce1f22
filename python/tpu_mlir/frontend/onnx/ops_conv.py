"""Import of convolutions, matrix products and batch normalisation."""

from __future__ import annotations

from typing import Any

from .geometry import filter_of, window_of
from .registry import Node, onnx_op


@onnx_op("Conv")
def conv(node: Node) -> None:
    """Convolution over one to three spatial axes, with groups, dilations and any padding; the filter is constant."""
    shape = node.shape(0)
    spatial = len(shape) - 2
    if spatial not in (1, 2, 3):
        node.refuse(f"its input has {len(shape)} dimensions; convolutions over one to three spatial axes are supported")
    filters, kernel = filter_of(node, len(shape))
    group = int(node.attribute("group", 1))
    if shape[1] != filters.shape[1] * group:
        node.refuse(
            f"its filter {list(filters.shape)} with group {group} takes {filters.shape[1] * group} channels, "
            f"and its input {list(shape)} has {shape[1]}"
        )
    window = window_of(node, shape[2:], kernel)
    bias = node.none()
    if node.has_input(2):
        node.need_const(2, "bias")
        bias = node.value(2)
    value = node.value(0)
    filter_value = node.value(1)
    if spatial == 1:
        value = node.reshape(value, [shape[0], shape[1], 1, shape[2]], "in2d")
        filter_value = node.weight(filters[:, :, None, :], node.inputs[1], "2d", name=f"{node.inputs[1]}_fix")
    attributes = {
        "kernel_shape": list(window.kernel),
        "strides": list(window.strides),
        "pads": window.all_pads,
        "group": group,
        "dilations": list(window.dilations),
    }
    op = "Conv3D" if spatial == 3 else "Conv"
    result = node.emit(op, [value, filter_value, bias], attributes, "2d" if spatial == 1 else "")
    if spatial == 1:
        n, c, _, w = node.shape_of_value(result)
        result = node.reshape(result, [n, c, w])
    node.result(result)


@onnx_op("Gemm")
def gemm(node: Node) -> None:
    """alpha * A' * B' + beta * C of matrices; constant B and C take up alpha and beta."""
    import numpy as np

    alpha, beta = float(node.attribute("alpha", 1.0)), float(node.attribute("beta", 1.0))
    left_transpose, right_transpose = bool(node.attribute("transA", 0)), bool(node.attribute("transB", 0))
    right = node.const(1)
    value: Any
    scale_after = 1.0
    if right is not None:
        # The matrix is stored as it is multiplied, [k, n], whatever the file's order.
        source = node.inputs[1]
        if right_transpose or alpha != 1.0:
            matrix = np.asarray(right, np.float32)
            matrix = matrix if alpha == 1.0 else matrix * np.float32(alpha)
            matrix = matrix.T if right_transpose else matrix
            right_value = node.weight(matrix, source, "right", right_transpose, alpha, name=f"{source}_fix")
        else:
            right_value = node.value(1)
        right_transpose = False
    else:
        right_value, scale_after = node.value(1), alpha
    columns = node.shape(1)[0 if node.attribute("transB", 0) else 1]
    bias, addend = node.none(), None
    if node.has_input(2):
        constant = node.const(2)
        if constant is not None and scale_after == 1.0 and _is_row(constant, columns):
            if beta == 1.0 and constant.shape == (columns,):
                bias = node.value(2)
            else:
                vector = np.broadcast_to(np.asarray(constant, np.float32).reshape(-1) * np.float32(beta), (columns,))
                bias = node.weight(vector, node.inputs[2], "row", columns, beta, name=f"{node.inputs[2]}_fix")
        else:
            addend = node.value(2)
    steps = (scale_after != 1.0) + (addend is not None)
    attributes = {"left_transpose": left_transpose, "right_transpose": right_transpose}
    value = node.emit("MatMul", [node.value(0), right_value, bias], attributes, "product" if steps else "")
    if scale_after != 1.0:
        value = node.emit("MulConst", [value], {"const_val": scale_after}, "alpha" if addend is not None else "")
    if addend is not None:
        value = node.emit("Add", [value, addend], {} if beta == 1.0 else {"coeff": [1.0, beta]})
    node.result(value)


def _is_row(constant: Any, columns: int) -> bool:
    """Whether a constant is the same for every row of the result."""
    return constant.size == 1 or (constant.size == columns and constant.shape[-1] == columns)


@onnx_op("MatMul")
def matmul(node: Node) -> None:
    """Matrix product as in numpy.matmul, leading axes broadcast; vectors count as one-row or one-column matrices."""
    a, b = node.shape(0), node.shape(1)
    left, right = node.value(0), node.value(1)
    if len(a) == 1:
        left = node.reshape(left, [1, a[0]], "row")
    if len(b) == 1:
        constant = node.const(1)
        right = (
            node.weight(constant[:, None], node.inputs[1], "column", name=f"{node.inputs[1]}_fix")
            if constant is not None
            else node.reshape(right, [b[0], 1], "column")
        )
    vector = len(a) == 1 or len(b) == 1
    value = node.emit("MatMul", [left, right, node.none()], {}, "product" if vector else "")
    if vector:
        shape = list(node.shape_of_value(value))
        if len(b) == 1:
            shape.pop()
        if len(a) == 1:
            shape.pop(-1 if len(b) == 1 else -2)
        value = node.reshape(value, shape or [1])
    node.result(value)


@onnx_op("BatchNormalization")
def batch_normalization(node: Node) -> None:
    """Batch normalisation in inference mode, with constant statistics, per channel."""
    if node.attribute("training_mode", 0) or any(node.has_output(i) for i in range(1, len(node.outputs))):
        node.refuse("it is in training mode", "export the network in evaluation mode")
    if node.attribute("spatial", 1) != 1:
        node.refuse("attribute 'spatial' is 0: statistics per element are not supported")
    for index, what in enumerate(("scale", "bias", "mean", "variance"), start=1):
        node.need_const(index, what)
    gamma, beta, mean, variance = (node.value(i) for i in range(1, 5))
    attributes = {"epsilon": float(node.attribute("epsilon", 1e-5))}
    node.result(node.emit("BatchNorm", [node.value(0), mean, variance, gamma, beta], attributes))
