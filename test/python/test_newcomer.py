"""What somebody meets in the first hour: versions, help, progress, units, and files taken for others."""

from __future__ import annotations

import csv
import importlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import onnx
import onnx.helper as oh
import pytest
from conftest import ROOT, needs_core

import tpu_mlir
from tpu_mlir.errors import UserError
from tpu_mlir.npz import load_npz, save_npz
from tpu_mlir.progress import Stages, note

PYTHON_TOOLS = ("model_transform", "run_calibration", "model_deploy", "model_runner", "model_report", "npz_tool")
NATIVE_TOOLS = ("tpuc-opt", "tpuc-sim", "tpuc-cost", "bmodel-tool")


def call(tool: str, *words: object) -> int:
    main = importlib.import_module(f"tpu_mlir.cli.{tool}").main
    return int(main([str(w) for w in words]))


def native(tool: str, *words: object) -> subprocess.CompletedProcess[str]:
    if not shutil.which(tool):
        pytest.skip(f"{tool} is not on PATH; source envsetup.sh")
    return subprocess.run([tool, *map(str, words)], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small network in all its forms: net.onnx, net.mlir, net.bmodel, in.npz."""
    if not importlib.util.find_spec("pymlir"):
        pytest.skip("the compiled module 'pymlir' is not on the path")
    folder = tmp_path_factory.mktemp("newcomer")
    rng = np.random.default_rng(3)
    weight = onnx.numpy_helper.from_array(rng.normal(size=(8, 3, 3, 3)).astype(np.float32), "w")
    nodes = [
        oh.make_node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1]),
        oh.make_node("Relu", ["c"], ["y"]),
    ]
    inputs = [oh.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 3, 12, 12])]
    outputs = [oh.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1, 8, 12, 12])]
    graph = oh.make_graph(nodes, "net", inputs, outputs, [weight])
    onnx.save(oh.make_model(graph, opset_imports=[oh.make_opsetid("", 17)], ir_version=8), folder / "net.onnx")
    save_npz(folder / "in.npz", {"x": rng.integers(-3, 4, (1, 3, 12, 12)).astype(np.float32)})
    tpu_mlir.transform("net", folder / "net.onnx", folder / "net.mlir", quiet=True)
    words = ("--mlir", folder / "net.mlir", "--model", folder / "net.bmodel", "--chip", "bm1684x")
    assert call("model_deploy", *words, "--test_input", folder / "in.npz") == 0
    return folder


@pytest.mark.parametrize("tool", PYTHON_TOOLS)
def test_python_tools_print_the_version(tool: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(tool, "--version") == 0
    assert capsys.readouterr().out == f"{tool}.py {tpu_mlir.__version__}\n"


@pytest.mark.parametrize("tool", NATIVE_TOOLS)
def test_native_tools_print_the_version(tool: str) -> None:
    done = native(tool, "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{tool} {tpu_mlir.__version__}\n", "")


def test_the_version_stands_in_one_place() -> None:
    found = subprocess.run(
        ["git", "-C", str(ROOT), "grep", "-lF", f'"{tpu_mlir.__version__}"', "--", ":!CHANGELOG.md", ":!docs"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if found.returncode > 1:
        pytest.skip("this is no git checkout")
    places = [p for p in found.stdout.split() if not p.startswith("test/")]
    assert places == ["python/tpu_mlir/__init__.py"]


@pytest.mark.parametrize(
    ("tool", "flag", "default"),
    [
        ("model_deploy", "--opt", "2"),
        ("model_deploy", "--tolerance", "0.8,0.5"),
        ("model_transform", "--keep_ratio_mode", "letterbox"),
        ("model_transform", "--pad_type", "center"),
    ],
)
def test_help_shows_defaults(tool: str, flag: str, default: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(tool, "--help") == 0
    text = " ".join(capsys.readouterr().out.split())
    assert re.search(rf" {flag} .*?\(default {re.escape(default)}\)", text)


def test_a_stage_is_named_when_it_begins(capsys: pytest.CaptureFixture[str]) -> None:
    stages = Stages()
    with stages.stage("think"):
        assert capsys.readouterr().out == "think ..."
    assert re.fullmatch(r" \d+\.\d\d s\n", capsys.readouterr().out)


def test_what_is_said_during_a_stage_stands_on_its_own_line(capsys: pytest.CaptureFixture[str]) -> None:
    with Stages().stage("think"):
        note("look")
    captured = capsys.readouterr()
    assert captured.err == "note: look\n"
    assert re.fullmatch(r"think \.\.\.\nthink \.\.\. \d+\.\d\d s\n", captured.out)


def test_a_stage_that_fails_ends_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UserError), Stages().stage("think"):
        raise UserError("no")
    assert capsys.readouterr().out == "think ... stopped\n"


@needs_core
def test_the_runner_prints_units(deployed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--model", deployed / "net.bmodel", "--input", deployed / "in.npz", "--output", tmp_path / "o.npz")
    assert call("model_runner", *words) == 0
    out = capsys.readouterr().out
    assert re.search(r"simulated: +[\d,]+ cycles \(\d+\.\d{3} ms\), TIU busy \d+\.\d %", out)
    assert not re.search(r"\d\.\d{4}", out)


@needs_core
def test_tables_by_layer_hold_no_noise_of_floats(deployed: Path, tmp_path: Path) -> None:
    table = tmp_path / "layers.csv"
    assert native("tpuc-sim", deployed / "net.bmodel", "--timing-only", "--layers", table).returncode == 0
    rows = list(csv.DictReader(table.open(encoding="utf-8")))
    assert rows and all(re.fullmatch(r"\d+(\.\d{1,2})?", row["end_cycle"]) for row in rows)


@needs_core
def test_info_invents_no_date(deployed: Path) -> None:
    done = native("bmodel-tool", "info", deployed / "net.bmodel")
    assert "no time set" in done.stdout and "1970" not in done.stdout


@needs_core
def test_the_disassembly_names_layers_and_goes_back(deployed: Path, tmp_path: Path) -> None:
    text = tmp_path / "net.txt"
    assert native("bmodel-tool", "dis", deployed / "net.bmodel", "-o", text).returncode == 0
    lines = text.read_text(encoding="utf-8").splitlines()
    assert "# layer y_Relu (tpu.Conv2D)" in lines
    addresses = re.findall(r"_addr=(\S+)", "\n".join(lines))
    assert addresses and all(a.startswith("0x") for a in addresses)
    assert native("bmodel-tool", "asm", text, deployed / "net.bmodel", "-o", tmp_path / "b.bmodel").returncode == 0
    assert (tmp_path / "b.bmodel").read_bytes() == (deployed / "net.bmodel").read_bytes()


@needs_core
@pytest.mark.parametrize("model", ["net.onnx", "net.mlir", "net.bmodel"])
def test_a_lone_array_under_another_name_is_taken_with_a_note(
    deployed: Path, tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    save_npz(tmp_path / "other.npz", {"picture": load_npz(deployed / "in.npz")["x"]})
    words = ("--model", deployed / model, "--input", tmp_path / "other.npz", "--output", tmp_path / "o.npz")
    assert call("model_runner", *words) == 0
    assert re.search(r"^note: .*'picture' is taken as the input 'x'$", capsys.readouterr().err, re.M)


@needs_core
@pytest.mark.parametrize("kind", [np.int64, np.int32, np.int8, np.float64])
def test_numbers_of_any_type_are_the_same_input(deployed: Path, tmp_path: Path, kind: type) -> None:
    x = load_npz(deployed / "in.npz")["x"]
    save_npz(tmp_path / "in.npz", {"x": x.astype(kind)})
    for model in ("net.onnx", "net.mlir", "net.bmodel"):
        results = [tpu_mlir.run(deployed / model, [f / "in.npz"]) for f in (deployed, tmp_path)]
        for name, expected in results[0].items():
            assert np.array_equal(results[1][name], expected), (model, name)


@needs_core
@pytest.mark.parametrize(
    ("file", "suffix", "sentence"),
    [
        ("net.bmodel", ".mlir", "is a bmodel, not MLIR text"),
        ("net.mlir", ".bmodel", "is MLIR text, not a bmodel"),
        ("in.npz", ".mlir", "is an npz file, not MLIR text"),
        ("net.bmodel", ".onnx", "is a bmodel, not an ONNX model"),
    ],
)
def test_a_file_under_another_kinds_suffix_is_named(
    deployed: Path, tmp_path: Path, file: str, suffix: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"model{suffix}"
    shutil.copy(deployed / file, path)
    words = ("--model", path, "--input", deployed / "in.npz", "--output", tmp_path / "o.npz")
    assert call("model_runner", *words) == 1
    assert capsys.readouterr().err == f"error: model '{path}' {sentence}\n"
    if suffix == ".mlir":
        done = native("tpuc-opt", path)
        assert (done.returncode, done.stderr) == (1, f"error: '{path}' is a binary file, not MLIR text\n")


@needs_core
def test_an_input_and_a_reference_of_different_runs_are_named(deployed: Path, tmp_path: Path) -> None:
    reference = deployed / "net_bm1684x_f32_tpu_outputs.npz"
    assert native("bmodel-tool", "compare", deployed / "net.bmodel", reference).returncode == 0
    save_npz(tmp_path / "in.npz", {"x": load_npz(deployed / "in.npz")["x"] + 1})
    done = native("bmodel-tool", "compare", deployed / "net.bmodel", reference, "-i", tmp_path / "in.npz")
    assert done.returncode == 1 and "are of different runs: their 'x' differs" in done.stderr


@needs_core
@pytest.mark.parametrize(
    "command",
    [
        "bmodel-tool dis {}", "bmodel-tool check {}", "bmodel-tool profile {}", "bmodel-tool compare {} {i}",
        "tpuc-sim {} --timing-only", "tpuc-sim {} -i {i}", "model_runner.py --model {} --input {i} --output o.npz",
        "model_report.py {} -o r.html",
    ],
)  # fmt: skip
def test_a_file_of_another_chip_is_said_to_be_one(
    deployed: Path, tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "other.bmodel"
    content = (deployed / "net.bmodel").read_bytes()
    assert content.count(b"BM1684X") == 1
    path.write_bytes(content.replace(b"BM1684X", b"CV186AH"))
    tool, *words = (w.format(path, i=deployed / "in.npz") for w in command.split())
    if tool.endswith(".py"):
        assert call(tool.removesuffix(".py"), *words) == 1
        said = capsys.readouterr().err
    else:
        done = native(tool, *words)
        assert done.returncode == 1
        said = done.stderr
    assert (
        said.startswith(f"error: '{path}' is made for another chip: unknown chip 'CV186AH'; ") and said.count("\n") == 1
    )


@needs_core
def test_another_networks_groups_are_named(deployed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    groups = tmp_path / "groups.json"
    groups.write_text(json.dumps({"version": 1, "groups": [{"ops": ["z_Relu"], "slices": {"n": 1, "h": 2, "w": 1}}]}))
    assert call("model_report", deployed / "net.bmodel", "--groups", groups, "-o", tmp_path / "r.html") == 1
    said = capsys.readouterr().err
    assert said.startswith(f"error: '{groups}' names 'z_Relu', which is no layer of ") and said.count("\n") == 1
    assert not (tmp_path / "r.html").exists()


def test_the_report_names_every_axis_that_is_sliced() -> None:
    from tpu_mlir.report.groups import groups_of

    layer = {"name": "a", "tiu_commands": 1, "gdma_commands": 0, "start_cycle": 0}
    profile = {"layers": [layer], "tensors": [], "handovers": []}
    chosen = [{"ops": ["a"], "slices": {"h": 3, "n": 2, "w": 4}}]
    assert groups_of(profile, chosen)[0]["slices"] == "2 in n by 3 in h by 4 in w"


@needs_core
def test_no_sentence_begins_with_an_unknown_place(deployed: Path) -> None:
    done = native("tpuc-opt", deployed / "net.mlir", "--convert-top-to-tpu=mode=F7 chip=bm1684x")
    assert done.returncode == 1 and "<unknown>" not in done.stderr
    assert done.stderr.startswith("error: ") or re.match(r"\S+:\d+:\d+: error: ", done.stderr)
