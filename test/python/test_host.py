"""What the host runs: the list, a network with suppression of boxes between two parts of the chip, and its refusals."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from conftest import needs_core
from host_nets import two_stages
from onnx import TensorProto, helper, numpy_helper

from tpu_mlir.cli.model_deploy import main as model_deploy
from tpu_mlir.cli.model_transform import main as model_transform
from tpu_mlir.cli.run_calibration import main as run_calibration
from tpu_mlir.errors import EXIT_OK, EXIT_USER
from tpu_mlir.runner import run

pytestmark = needs_core

SEEDS = range(6)


def write(model: onnx.ModelProto, folder: Path, name: str = "net") -> Path:
    path = folder / f"{name}.onnx"
    onnx.save(model, str(path))
    return path


def sample(model: onnx.ModelProto, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    found = {}
    for value in model.graph.input:
        shape = [d.dim_value for d in value.type.tensor_type.shape.dim]
        kind = onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
        whole = rng.integers(0, 100 if kind == np.int64 else 2, shape)
        found[value.name] = (rng.normal(0, 1, shape) if kind == np.float32 else whole).astype(kind)
    return found


def onnxruntime_run(path: Path, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    return dict(zip(names, session.run(None, inputs), strict=True))


def imported(path: Path, folder: Path) -> Path:
    mlir = folder / f"{path.stem}.mlir"
    arguments = ["--model_name", path.stem, "--model_def", str(path), "--mlir", str(mlir)]
    assert model_transform(arguments) == EXIT_OK
    return mlir


def deployed(mlir: Path, *flags: object, code: int = EXIT_OK) -> Path:
    model = mlir.with_suffix(".bmodel")
    arguments = ["--mlir", str(mlir), "--model", str(model), "--chip", "bm1684x", *(str(f) for f in flags)]
    assert model_deploy(arguments) == code
    return model


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The network of two stages, imported and deployed in F32."""
    folder = tmp_path_factory.mktemp("detector")
    model = two_stages()
    onnx_path = write(model, folder)
    mlir = imported(onnx_path, folder)
    return {"net": model, "onnx": onnx_path, "mlir": mlir, "bmodel": deployed(mlir), "folder": folder}


def test_the_list_of_what_the_host_may_run_has_not_grown() -> None:
    """Whoever adds a row here gives up on the chip for it; that wants a reason in docs/adr/0021-host.md."""
    import pymlir

    assert [what for what, _ in pymlir.host_list()] == ["top.Nms", "int64"]


def test_every_tool_shows_the_true_size(detector: dict[str, Any]) -> None:
    sizes = set()
    for seed in SEEDS:
        inputs = sample(detector["net"], seed)
        expected = onnxruntime_run(detector["onnx"], inputs)
        sizes.add(len(expected["chosen"]))
        for path in (detector["mlir"], detector["bmodel"]):
            found = run(path, inputs)
            rows = found["chosen_NonMaxSuppression"]
            assert rows.dtype == np.int64
            np.testing.assert_array_equal(rows, expected["chosen"])
            np.testing.assert_allclose(found["judged_Conv"], expected["judged"], rtol=1e-4, atol=1e-4)
            np.testing.assert_allclose(found["map_Conv"], expected["map"], rtol=1e-4, atol=1e-4)
    assert len(sizes) > 1, "the samples show nothing: they are all of one size"


def test_the_lowered_model_and_the_bmodel_agree_on_every_tensor(detector: dict[str, Any]) -> None:
    lowered = detector["folder"] / "net_bm1684x_f32_tpu.mlir"
    for seed in SEEDS:
        inputs = sample(detector["net"], seed)
        expected, found = run(lowered, inputs, True, True), run(detector["bmodel"], inputs, True, True)
        shared = expected.keys() & found.keys()
        assert {"chosen_NonMaxSuppression", "chosen_NonMaxSuppression_count", "real_Cast", "judged_Conv"} <= shared
        for name in shared:
            assert expected[name].dtype == found[name].dtype, name
            np.testing.assert_array_equal(expected[name], found[name], err_msg=name)


def test_subnets_alternate_and_the_file_says_who_can_run_it(detector: dict[str, Any]) -> None:
    text = subprocess.run(
        ["bmodel-tool", "info", str(detector["bmodel"])], check=True, capture_output=True, text=True
    ).stdout
    assert "subnets: 3" in text
    assert "host op in subnet 1: top.Nms chosen_NonMaxSuppression, 3072 bytes in, 124 bytes out, about " in text
    assert "the vendor's runtime cannot run this file" in text


def test_the_layer_of_the_file_is_text_of_a_version(detector: dict[str, Any]) -> None:
    data = detector["bmodel"].read_bytes()
    begin = data.index(b'{\n "version": 1')
    layer = json.JSONDecoder().raw_decode(data[begin:].decode("utf-8", "replace"))[0]
    assert layer["items"][0]["op"] == "top.Nms"
    assert {"tensor": "judged_Conv", "axis": 2, "by": "chosen_NonMaxSuppression_count"} in layer["counted"]


def test_the_summary_names_ops_reasons_bytes_and_time(
    tmp_path: Path, detector: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    mlir = tmp_path / "again.mlir"
    mlir.write_text(detector["mlir"].read_text())
    for weight in detector["folder"].glob("*weight.npz"):
        (tmp_path / weight.name).write_bytes(weight.read_bytes())
    deployed(mlir)
    out = capsys.readouterr().out
    assert "host:       " in out and "the vendor's runtime cannot run this file" in out
    assert "top.Nms 'chosen_NonMaxSuppression': each choice of a box hangs on those before it" in out
    assert "2 host ops" in out or "3 host ops" in out or "4 host ops" in out


def test_no_host_lists_all_such_ops(detector: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    model = detector["folder"] / "refused.bmodel"
    arguments = ["--mlir", str(detector["mlir"]), "--model", str(model), "--chip", "bm1684x", "--no_host"]
    assert model_deploy(arguments) == EXIT_USER
    error = capsys.readouterr().err
    assert "'top.Nms' op 'chosen_NonMaxSuppression' only the host can run" in error
    assert "'top.Cast' op 'real_Cast' only the host can run (the chip has no 64-bit integers)" in error
    assert not model.exists()


def test_int8_goes_through_the_host_too(detector: dict[str, Any], tmp_path: Path) -> None:
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    for seed in SEEDS:
        np.savez(inputs / f"{seed}.npz", **sample(detector["net"], seed))
    table = tmp_path / "table"
    assert run_calibration([str(detector["mlir"]), "--dataset", str(inputs), "-o", str(table)]) == EXIT_OK
    mlir = detector["folder"] / "net.mlir"
    model = tmp_path / "int8.bmodel"
    arguments = ["--mlir", str(mlir), "--model", str(model), "--chip", "bm1684x", "--quantize", "INT8"]
    assert model_deploy([*arguments, "--calibration_table", str(table)]) == EXIT_OK  # exact on every tensor
    found = run(model, sample(detector["net"], 1))
    assert found["chosen_NonMaxSuppression"].shape[1] == 3
    assert found["judged_Conv_f32"].shape[2] == len(found["chosen_NonMaxSuppression"])


def test_mixing_rows_behind_their_end_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = two_stages()
    weight = numpy_helper.from_array(np.ones((8, 3, 3, 1), np.float32), "w1")
    next(w for w in model.graph.initializer if w.name == "w1").CopyFrom(weight)
    conv = next(n for n in model.graph.node if "w1" in n.input)
    conv.attribute.append(helper.make_attribute("pads", [1, 0, 1, 0]))
    path = write(model, tmp_path)
    mlir = tmp_path / "net.mlir"
    arguments = ["--model_name", "net", "--model_def", str(path), "--mlir", str(mlir)]
    assert model_transform(arguments) == EXIT_USER
    assert "mixes neighbours along an axis whose length only the data say" in capsys.readouterr().err


def test_a_shape_that_only_the_data_say_is_no_constant(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = two_stages()
    model.graph.node.append(helper.make_node("Shape", ["chosen"], ["how_many"]))
    model.graph.output.append(helper.make_tensor_value_info("how_many", TensorProto.INT64, [2]))
    path = write(model, tmp_path)
    arguments = ["--model_name", "net", "--model_def", str(path), "--mlir", str(tmp_path / "net.mlir")]
    assert model_transform(arguments) == EXIT_USER
    assert "the shape of 'chosen' is not known before the network runs" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("position", "found", "sentence"),
    [
        (b'"version": 1', b'"version": 7', "version 7 is not known"),
        (b'"work": "nms"', b'"work": "abc"', "work 'abc' is unknown"),
    ],
)
def test_damaged_layers_are_one_sentence(
    detector: dict[str, Any], tmp_path: Path, position: bytes, found: bytes, sentence: str
) -> None:
    data = detector["bmodel"].read_bytes()
    assert data.count(position) == 1 and len(position) == len(found)
    path = tmp_path / "damaged.bmodel"
    path.write_bytes(data.replace(position, found))
    with pytest.raises(Exception, match=sentence):
        run(path, sample(detector["net"], 0))


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("centre", [0, 1])
def test_suppression_is_onnxruntimes(tmp_path: Path, batch: int, centre: int) -> None:
    rng = np.random.default_rng(batch * 2 + centre)
    boxes = helper.make_tensor_value_info("boxes", TensorProto.FLOAT, [batch, 40, 4])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, [batch, 3, 40])
    weights = {"m": np.array([7], np.int64), "o": np.array([0.3], np.float32), "s": np.array([0.1], np.float32)}
    graph = helper.make_graph(
        [helper.make_node("NonMaxSuppression", ["boxes", "scores", "m", "o", "s"], ["y"], center_point_box=centre)],
        "nms",
        [boxes, scores],
        [helper.make_tensor_value_info("y", TensorProto.INT64, None)],
        [numpy_helper.from_array(v, k) for k, v in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path = write(model, tmp_path)
    mlir = imported(path, tmp_path)
    for _ in range(8):
        inputs = {
            "boxes": rng.uniform(0, 8, (batch, 40, 4)).astype(np.float32),
            "scores": rng.uniform(0, 1, (batch, 3, 40)).astype(np.float32),
        }
        expected = onnxruntime_run(path, inputs)["y"]
        np.testing.assert_array_equal(run(mlir, inputs)["y_NonMaxSuppression"], expected)
