"""Networks of frameworks whose tensors are [n, h, w, c], as tf2onnx writes them: permutes around convolutions go."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from conftest import needs_core, run_numpy
from onnx import helper
from onnx_models import feeds_for, make_model

from tpu_mlir.cli import model_deploy, model_transform, run_calibration
from tpu_mlir.npz import load_npz, save_npz
from tpu_mlir.runner import open_module

pytestmark = needs_core
make = helper.make_node
F = np.float32


class Writer:
    """Writes nodes of a network in [n, h, w, c]: permutes stand around each op that wants channels second."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.weights: dict[str, np.ndarray] = {}

    def add(self, op: str, *inputs: str, **attributes: Any) -> str:
        result = f"t{len(self.nodes)}"
        self.nodes.append(make(op, list(inputs), [result], **attributes))
        return result

    def weight(self, *shape: int) -> str:
        name = f"w{len(self.weights)}"
        self.weights[name] = (self.rng.standard_normal(shape) * 0.4).astype(F)
        return name

    def constant(self, array: Any) -> str:
        name = f"w{len(self.weights)}"
        self.weights[name] = np.asarray(array)
        return name

    def around(self, op: str, x: str, *more: str, **attributes: Any) -> str:
        inner = self.add(op, self.add("Transpose", x, perm=[0, 3, 1, 2]), *more, **attributes)
        return self.add("Transpose", inner, perm=[0, 2, 3, 1])

    def conv(self, x: str, inputs: int, outputs: int, kernel: int = 3, group: int = 1) -> str:
        """Convolution, bias in the last axis, as a separate Add."""
        filters = self.weight(outputs, inputs // group, kernel, kernel)
        pad = kernel // 2
        made = self.around("Conv", x, filters, kernel_shape=[kernel] * 2, pads=[pad] * 4, group=group)
        return self.add("Add", made, self.weight(outputs))


def mobile(writer: Writer) -> str:
    """Inverted residuals, squeeze and excite, HardSwish as Keras writes it, a mean and a classifier."""
    x = writer.conv("x", 3, 8)
    six, three, sixth = (writer.constant(F(v)) for v in (6, 3, 1 / 6))
    zero = writer.constant(F(0))
    gate = writer.add("Clip", writer.add("Add", x, three), zero, six)
    x = writer.add("Mul", writer.add("Mul", x, gate), sixth)
    inner = writer.add("Relu", writer.conv(x, 8, 16, 1))
    inner = writer.add("Relu", writer.conv(inner, 16, 16, group=16))
    mean = writer.add("ReduceMean", inner, axes=[1, 2], keepdims=1)
    weight = writer.add("Sigmoid", writer.conv(mean, 16, 16, 1))
    inner = writer.add("Mul", inner, weight)
    x = writer.add("Add", x, writer.conv(inner, 16, 8, 1))
    x = writer.around("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = writer.add("Tanh", writer.conv(x, 8, 8))
    x = writer.add("ReduceMean", x, axes=[1, 2], keepdims=0)
    return writer.add("Add", writer.add("MatMul", x, writer.weight(8, 5)), writer.weight(5))


def pyramid(writer: Writer) -> str:
    """Pads, concatenations over channels and over width, slices, a resize, constants of the size of a tensor."""
    pads = writer.constant(np.array([0, 0, 2, 0, 0, 1, 0, 0]))
    x = writer.add("Pad", writer.conv("x", 3, 6), pads)
    low = writer.around("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
    low = writer.add("PRelu", writer.conv(low, 6, 4), writer.weight(4))
    scales = writer.constant(np.array([1, 1, 2, 2], F))
    up = writer.around("Resize", low, "", scales, mode="nearest", coordinate_transformation_mode="asymmetric",
                       nearest_mode="floor")  # fmt: skip
    both = writer.add("Concat", x, up, axis=3)
    both = writer.add("Mul", both, writer.weight(1, 10, 10, 10))
    ends = (writer.constant(np.array([v])) for v in (1, 9, 2, 1))
    left = writer.add("Slice", both, *ends)
    right = writer.add("LeakyRelu", writer.conv(left, 10, 10, 1), alpha=0.1)
    wide = writer.add("Concat", left, right, axis=-2)
    return writer.conv(wide, 10, 3, 1)


# Who writes it, the input's shape, and how many permutes must stay: at the input, and before an output in [n, h, w, c].
NETWORKS = {"mobile": (mobile, [1, 12, 12, 3], 1), "pyramid": (pyramid, [1, 9, 8, 3], 2)}


def network(name: str) -> onnx.ModelProto:
    write, shape, _ = NETWORKS[name]
    writer = Writer(len(name))
    output = write(writer)
    return make_model(writer.nodes, {"x": shape}, [output], writer.weights)


@pytest.fixture(params=NETWORKS)
def imported(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a network that is imported and proven in the working folder."""
    monkeypatch.chdir(tmp_path)
    Path("net.onnx").write_bytes(network(request.param).SerializeToString())
    arguments = ["--model_name", "net", "--model_def", "net.onnx", "--mlir", "net.mlir", "--quiet"]
    assert model_transform.main([*arguments, "--channel_format", "none", "--test_result", "top.npz"]) == 0
    return str(request.param)


def permutes(mlir: str | Path) -> int:
    return len(re.findall(r'"top.Permute"\(', Path(mlir).read_text(encoding="utf-8")))


def test_only_the_permutes_at_the_ends_are_left(imported: str) -> None:
    assert permutes("net_origin.mlir") >= 10
    assert permutes("net.mlir") == NETWORKS[imported][2]


def test_the_inner_tensors_are_compared_under_the_names_of_the_permutes(imported: str) -> None:
    top, reference = load_npz("top.npz"), load_npz("net_ref_outputs.npz")
    shared = top.keys() & reference.keys()
    assert len(shared) >= 9
    for name in shared:
        wanted = reference[name].reshape(top[name].shape)
        np.testing.assert_allclose(top[name], wanted, rtol=1e-4, atol=1e-4, err_msg=name)


def test_the_network_compiles_and_is_proven(imported: str) -> None:
    Path("samples").mkdir()
    for i in range(4):
        save_npz(f"samples/{i}.npz", feeds_for(network(imported), seed=i))
    assert run_calibration.main(["net.mlir", "--dataset", "samples", "--input_num", "4", "-o", "table"]) == 0
    deploy = ["--mlir", "net.mlir", "--chip", "bm1684x", "--quantize", "INT8", "--calibration_table", "table"]
    proof = ["--test_input", "samples/0.npz", "--tolerance", "0.9,0.5"]
    assert model_deploy.main([*deploy, *proof, "--model", "net.bmodel"]) == 0


def test_a_network_without_pairs_is_what_it_was(tmp_path: Path) -> None:
    """A permute at its begin, one at its end, and one that an op in between needs."""
    import pymlir

    nodes = [
        make("Transpose", ["x"], ["a"], perm=[0, 3, 1, 2]),
        make("Relu", ["a"], ["b"]),
        make("Transpose", ["b"], ["c"], perm=[1, 0, 2, 3]),
        make("MatMul", ["c", "m"], ["y"]),
    ]
    model = make_model(nodes, {"x": [2, 3, 4, 5]}, ["y"], {"m": np.ones((4, 2), F)})
    assert run_numpy(model, feeds_for(model)).outputs[0].shape == (5, 2, 3, 2)
    from tpu_mlir.frontend.onnx.graph import prepare
    from tpu_mlir.frontend.onnx.importer import import_graph

    builder = pymlir.Builder("net")
    import_graph(builder, prepare(model, "model"), "model", {})
    builder.save(str(tmp_path / "a.mlir"), "a.npz")
    pymlir.run_passes(str(tmp_path / "a.mlir"), str(tmp_path / "b.mlir"), "builtin.module(cancel-permutes)", "a.npz")
    assert (tmp_path / "a.mlir").read_text() == (tmp_path / "b.mlir").read_text()


PASS = "builtin.module(shape-infer,cancel-permutes)"
ORDERS = {3: [(0, 2, 1), (1, 2, 0), (2, 0, 1), (1, 0, 2)], 4: [(0, 2, 3, 1), (0, 3, 1, 2), (0, 2, 3, 1), (1, 0, 3, 2)]}


def random_network(rng: np.random.Generator) -> tuple[Any, dict[str, np.ndarray]]:
    """Permutes that undo each other and that do not, between all ops that a permutation can pass and some it cannot."""
    import pymlir

    builder = pymlir.Builder("net")
    rank = int(rng.integers(3, 5))
    first = [int(d) for d in rng.integers(1, 5, rank)]
    feeds = {f"in{i}": rng.standard_normal(first).astype(F) for i in range(2)}
    values = [builder.input(name, first, {}) for name in feeds]
    count = 0

    def name(role: str = "v") -> str:
        nonlocal count
        count += 1
        return f"{role}{count}"

    def weight(shape: list[int]) -> Any:
        return builder.weight(name("w"), rng.standard_normal(shape).astype(F))

    for _ in range(int(rng.integers(6, 22))):
        x = values[int(rng.integers(max(0, len(values) - 5), len(values)))]
        shape = list(builder.shape(x))
        axis = int(rng.integers(len(shape)))
        kind = rng.choice(["Permute"] * 6 + ["Relu", "Exp", "AddConst", "Add", "Mul", "Sub", "Weight", "Concat", "Pad",
                                             "Slice", "Gather", "Reshape", "Reduce"])  # fmt: skip
        same = [v for v in values if list(builder.shape(v)) == shape]
        if kind == "Permute":
            order = ORDERS[rank][int(rng.integers(len(ORDERS[rank])))]
            values.append(builder.op("top.Permute", [x], {"order": list(order)}, name()))
        elif kind in ("Relu", "Exp", "AddConst"):
            attributes = {"Relu": {"relu_limit": -1.0}, "Exp": {}, "AddConst": {"const_val": 0.5}}[kind]
            x = x if kind != "Exp" else builder.op("top.Tanh", [x], {}, name())
            values.append(builder.op(f"top.{kind}", [x], attributes, name()))
        elif kind in ("Add", "Mul", "Sub"):
            values.append(builder.op(f"top.{kind}", [x, same[int(rng.integers(len(same)))]], {}, name()))
        elif kind == "Weight":
            few = shape[int(rng.integers(rank)) :]
            few = [d if rng.random() < 0.7 else 1 for d in few]
            operands = [x, weight(few)] if rng.random() < 0.5 else [weight(few), x]
            values.append(builder.op(f"top.{rng.choice(['Add', 'Mul', 'Max'])}", operands, {}, name()))
        elif kind == "Concat":
            other = same[-1] if rng.random() < 0.7 else weight(shape)
            values.append(builder.op("top.Concat", [x, other], {"axis": axis}, name()))
        elif kind == "Pad":
            pads = [int(d) for d in rng.integers(0, 2, 2 * rank)]
            values.append(builder.op("top.Pad", [x], {"paddings": pads, "val": 0.25}, name()))
        elif kind == "Slice":
            attributes = {"offset": [d // 2 for d in shape], "steps": [1] * rank, "ends": shape}
            values.append(builder.op("top.Slice", [x], attributes, name()))
        elif kind == "Gather":
            indices = [int(i) for i in rng.integers(0, shape[axis], 3)]
            values.append(builder.op("top.Gather", [x], {"axis": axis, "indices": indices}, name()))
        elif kind == "Reshape":
            values.append(builder.op("top.Reshape", [x], {"shape": shape[::-1]}, name()))
        elif rank == 4:
            n, h, w, c = shape
            seen = builder.op("top.Reshape", [x], {"shape": [1, n, h * w, c] if n > 1 else [n, 1, h * w, c]}, name())
            window = {"kernel_shape": [h * w, 1], "strides": [1, 1], "pads": [0, 0, 0, 0]}
            values.append(builder.op(f"top.{rng.choice(['AvgPool', 'MaxPool'])}", [seen], window, name()))
    results = [v for v in values[2:] if rng.random() < 0.2] + values[-1:]
    builder.finish([v for i, v in enumerate(results) if v not in results[:i]])
    return builder, feeds


def results_of(path: Path, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    module = open_module(path)
    for name in module.input_names:
        module.set_tensor(name, feeds[name])
    module.invoke(True)
    return {name: module.get_tensor(name) for name in module.output_names}


@pytest.mark.parametrize("seed", range(60))
def test_random_networks_compute_what_they_did_with_no_more_permutes(seed: int, tmp_path: Path) -> None:
    import pymlir

    builder, feeds = random_network(np.random.default_rng(seed))
    before, after = tmp_path / "a.mlir", tmp_path / "b.mlir"
    builder.save(str(before), "a.npz")
    pymlir.run_passes(str(before), str(after), PASS, "b.npz")
    assert permutes(after) <= permutes(before)
    expected, found = results_of(before, feeds), results_of(after, feeds)
    assert list(found) == list(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-5, err_msg=name)
