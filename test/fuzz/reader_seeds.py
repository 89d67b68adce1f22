"""The files that the fuzzers of the readers damage: what one small network leaves on its way, and files like them.

python reader_seeds.py FOLDER
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIZE = 8


def network() -> onnx.ModelProto:
    """A convolution with a relu, a pool, a sigmoid, a sum and a matrix product: groups, a table and views."""
    rng = np.random.default_rng(1)

    def weight(name: str, *shape: int) -> onnx.TensorProto:
        return numpy_helper.from_array((rng.standard_normal(shape) / 4).astype(np.float32), name)

    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], "conv", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c"], ["r"], "relu"),
        helper.make_node("MaxPool", ["r"], ["p"], "pool", kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Sigmoid", ["p"], ["s"], "sigmoid"),
        helper.make_node("Add", ["p", "s"], ["a"], "add"),
        helper.make_node("Reshape", ["a", "shape"], ["f"], "reshape"),
        helper.make_node("MatMul", ["f", "m"], ["y"], "matmul"),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 5])],
        [
            weight("w", 4, 3, 3, 3), weight("b", 4), weight("m", 4 * (SIZE // 2) ** 2, 5),
            numpy_helper.from_array(np.array([1, -1], np.int64), "shape"),
        ],
    )  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=10)


def suppression() -> onnx.ModelProto:
    """Boxes whose scores the chip rectifies; the host chooses among them, by an index that is constant too."""
    nodes = [
        helper.make_node("Relu", ["x"], ["scores"]),
        helper.make_node("NonMaxSuppression", ["boxes", "scores", "most", "overlap"], ["rows"]),
        helper.make_node("Greater", ["rows", "limit"], ["high"]),
        helper.make_node("Where", ["high", "limit", "rows"], ["cut"]),
        helper.make_node("Slice", ["cut", "one", "three", "one"], ["column"]),
        helper.make_node("Concat", ["column", "cut"], ["y"], axis=1),
    ]
    weights = {
        "most": np.array([3], np.int64), "overlap": np.array([0.5], np.float32), "limit": np.array([4], np.int64),
        "one": np.array([1], np.int64), "three": np.array([3], np.int64),
    }  # fmt: skip
    graph = helper.make_graph(
        nodes,
        "host",
        [
            helper.make_tensor_value_info("boxes", TensorProto.FLOAT, [1, 6, 4]),
            helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2, 6]),
        ],
        [helper.make_tensor_value_info("y", TensorProto.INT64, None)],
        [numpy_helper.from_array(w, n) for n, w in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def make(folder: Path) -> None:
    """Fills `folder`; every name is used by a reader of fuzz_reader.py."""
    import cv2

    from tpu_mlir.cli import model_deploy, model_transform, npz_tool

    def run(main: object, *words: object) -> None:
        assert main([str(w) for w in words]) == 0, words  # type: ignore[operator]

    rng = np.random.default_rng(2)
    values = rng.standard_normal((1, 3, SIZE, SIZE)).astype(np.float32)
    model = network()
    onnx.save(model, folder / "net.onnx")
    onnx.save(model, folder / "external.onnx", save_as_external_data=True, location="external.bin", size_threshold=0)
    np.savez(folder / "in.npz", x=values)
    np.savez_compressed(folder / "packed.npz", x=values, y=np.arange(6, dtype=np.int32).reshape(2, 3))
    np.save(folder / "in.npy", values)
    picture = rng.integers(0, 255, (SIZE + 3, SIZE + 1, 3), np.uint8)
    for suffix in ("png", "jpg", "bmp"):
        cv2.imwrite(str(folder / f"picture.{suffix}"), picture)

    transform = ("--model_def", folder / "net.onnx", "--test_input", folder / "in.npz")
    run(
        model_transform.main, "--model_name", "net", "--mlir", folder / "net.mlir", "--test_result",
        folder / "top.npz", "--mean", "0,0,0", "--scale", "1,1,1", "--pixel_format", "rgb", *transform,
    )  # fmt: skip
    rows = {name: (float(v.min()), float(v.max())) for name, v in np.load(folder / "top.npz").items()}
    table = ["# tpu-mlir calibration: 1", "###", "# op_name    threshold    min    max"]
    table += [f"{n} {max(-low, high, 1e-4):.7f} {low:.7f} {high:.7f}" for n, (low, high) in rows.items()]
    (folder / "table").write_text("\n".join(table) + "\n")
    run(
        model_deploy.main, "--mlir", folder / "net.mlir", "--model", folder / "net.bmodel", "--chip", "bm1684x",
        "--quantize", "INT8", "--calibration_table", folder / "table", "--dump-groups", folder / "groups.json",
        "--test_input", folder / "in.npz",
    )  # fmt: skip
    onnx.save(suppression(), folder / "host.onnx")
    host = ("--model_def", folder / "host.onnx", "--mlir", folder / "host.mlir")
    run(model_transform.main, "--model_name", "host", *host, "--skip_validation")
    run(
        model_deploy.main, "--mlir", folder / "host.mlir", "--model", folder / "host.bmodel", "--chip", "bm1684x",
        "--skip_validation",
    )  # fmt: skip
    boxes = rng.uniform(0, 4, (1, 6, 4)).astype(np.float32)
    np.savez(folder / "host.npz", boxes=boxes, x=rng.uniform(0, 1, (1, 2, 6)).astype(np.float32))
    (folder / "list.txt").write_text("# samples\nin.npz\nin.npz\n")
    run(npz_tool.main, "extract", folder / "top.npz", folder / "out.npz", next(iter(rows)))
    json.loads((folder / "groups.json").read_text())
    for made in ("tpu.mlir", "final.mlir"):
        found = next(iter(folder.glob(f"net_*_{made}")))
        shutil.copy(found, folder / made)


if __name__ == "__main__":
    os.environ.pop("LD_PRELOAD", None)  # a sanitizer's runtime, which is for this process
    make(Path(sys.argv[1]))
