"""Names are data: the whole flow through a folder and tensors with names that some text could trip over."""

from __future__ import annotations

import csv
import json
import os
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from conftest import needs_core
from onnx import TensorProto, helper, numpy_helper
from test_outputs import run

from tpu_mlir.calibration.samples import from_list
from tpu_mlir.calibration.table import CalibrationTable, Range, load_table
from tpu_mlir.cli.arguments import files, names
from tpu_mlir.errors import EXIT_OK, EXIT_USER, UserError
from tpu_mlir.names import read_quoted, split_list, word
from tpu_mlir.npz import load_npz, save_npz

FOLDER = "a b {c} 'd' \"e\", f=g; #h*\n\\ ü 'x asymmetric=true"
INPUT = "# input image"
# One operator each: what it makes.
TENSORS = [
    "con\"v's",
    "new\nline\r\n",
    "line \u2028 separator \u0085",
    "tab\there",
    "back\\slash \\n",
    "größe 漢字 😀",
    "a,b;c=d{e}[f]",
    "<b>&amp;</script><!--",
    " blanks at the ends ",
    '"quoted" 1 -1 1',
    "%s %n {} {{x}} ${x}",
    "#int4_th",
    "name.npy",
    "\x1b[31m\x07bell",
    "../../up",
]


def strange_model() -> onnx.ModelProto:
    """[1,3,8,8] -> Conv, and Relu or Conv in turn, the last added to the second: all names strange."""
    rng = np.random.default_rng(3)
    nodes, weights = [], []
    last = INPUT
    for i, name in enumerate(TENSORS):
        if i % 2:
            nodes.append(helper.make_node("Relu", [last], [name], name=f"n {name}"))
        else:
            channels = 4 if i else 3
            weight = rng.standard_normal((4, channels, 3, 3)).astype(np.float32) / 4
            weights.append(numpy_helper.from_array(weight, f"w, of \n{name}"))
            pads = [1, 1, 1, 1]
            nodes.append(helper.make_node("Conv", [last, weights[-1].name], [name], name=f"n {name}", pads=pads))
        last = name
    nodes.append(helper.make_node("Add", [last, TENSORS[1]], ["out, put"], name="# add"))
    shape = [1, 4, 8, 8]
    graph = helper.make_graph(
        nodes, "strange \"graph\"\n", [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [1, 3, 8, 8])],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n in ("out, put", TENSORS[6])], weights,
    )  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / FOLDER
    made.mkdir()
    onnx.save(strange_model(), made / "t.onnx")
    rng = np.random.default_rng(1)
    samples = {f"in {i}.npz": {INPUT: rng.standard_normal((1, 3, 8, 8)).astype(np.float32)} for i in range(3)}
    for name, tensors in samples.items():
        save_npz(made / name, tensors)
    (made / "li,st").write_text("".join(f"{name}\n" for name in samples), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return made


def tool(*words: object) -> str:
    """Standard output of a native tool that must end well."""
    name, *rest = map(str, words)
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not on the path")
    done = subprocess.run([found, *rest], capture_output=True, text=True, check=False)
    assert done.returncode == EXIT_OK, done.stdout + done.stderr
    return done.stdout


def good(*words: object) -> None:
    code, err = run([str(w) for w in words])
    assert code == EXIT_OK, err


@needs_core
@pytest.mark.parametrize("precision", ["INT8", "F32"])
def test_the_whole_flow_through_any_name(folder: Path, precision: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = folder / "in 0.npz"
    good(
        "model_transform.py", "--model_name", "my 'net' #1", "--model_def", folder / "t.onnx",
        "--mlir", folder / "m {1}, 2.mlir", "--test_input", given, "--test_result", folder / "top 'x'.npz", "-v",
    )  # fmt: skip
    said = capsys.readouterr().out
    assert all(word(name) in said for name in load_npz(folder / "top 'x'.npz"))
    table = folder / "cali table=1"
    good("run_calibration.py", folder / "m {1}, 2.mlir", "--data_list", folder / "li,st", "-o", table)
    top = load_npz(folder / "top 'x'.npz")
    assert set(load_table(table).rows) == set(top)

    model, page, groups = folder / "z y {}.bmodel", folder / "page <b>.html", folder / "groups 'g'.json"
    good(
        "model_deploy.py", "--mlir", folder / "m {1}, 2.mlir", "--model", model, "--chip", "bm1684x",
        "--quantize", precision, "--calibration_table", table, "--test_input", given,
        "--test_reference", folder / "top 'x'.npz", "--tolerance", "0.8,0.5", "--report", page, "--dump-groups", groups,
    )  # fmt: skip
    # The groups may be read back.
    good(
        "model_deploy.py", "--mlir", folder / "m {1}, 2.mlir", "--model", folder / "again.bmodel", "--chip", "bm1684x",
        "--quantize", precision, "--calibration_table", table, "--use-groups", groups, "--skip_validation",
    )  # fmt: skip
    assert (folder / "again.bmodel").read_bytes() == model.read_bytes()

    prefix = folder / ("m {1}, 2_bm1684x_" + ("int8_sym" if precision == "INT8" else "f32"))
    reference = load_npz(f"{prefix}_tpu_outputs.npz")
    outputs = [name for name in reference if name.startswith(("out, put_Add", TENSORS[6]))]
    assert outputs

    # Every text names every tensor as it is called.
    with Path(f"{prefix}_neuron_map.csv").open(encoding="utf-8", newline="") as file:
        places = {row["name"]: row for row in csv.DictReader(file)}
    with Path(f"{prefix}_weight_map.csv").open(encoding="utf-8", newline="") as file:
        weights = list(csv.DictReader(file))
    assert set(places) <= set(reference) | {INPUT}
    assert all(int(row["address"]) > 0 for row in [*places.values(), *weights])
    assert {row["name"] for row in weights} <= set(load_npz(f"{prefix}_final_weight.npz"))
    ops = {op for group in json.loads(groups.read_text(encoding="utf-8"))["groups"] for op in group["ops"]}
    assert ops <= set(reference) and len(ops) >= len(TENSORS) // 2
    profile = json.loads(tool("bmodel-tool", "profile", model))
    layers = {layer["name"] for layer in profile["layers"]}
    assert ops <= layers
    data = page.read_text(encoding="utf-8")
    assert "<b>&amp;" not in data.split("<body")[1].replace("\\u003cb>&amp;", "")
    assert all(json.dumps(name, ensure_ascii=False).replace("<", "\\u003c") in data for name in ops)

    # Run, simulate, compare.
    good("model_runner.py", "--model", model, "--input", given, "--output", folder / "out.npz", "--dump_all_tensors")
    tool("tpuc-sim", model, "-i", given, "-o", folder / "sim.npz", "--dump-all-tensors")
    good("npz_tool.py", "compare", folder / "out.npz", folder / "sim.npz", "--exact", "-v", "--save", folder / "c.csv")
    with (folder / "c.csv").open(encoding="utf-8", newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == list(load_npz(folder / "out.npz"))
    ran = load_npz(folder / "out.npz")
    assert set(outputs) <= set(ran) <= {*reference, INPUT}
    timing = folder / "layers, 1.csv", folder / "trace {}.json"
    tool("tpuc-sim", model, "--timing-only", "--layers", timing[0], "--trace", timing[1])
    with timing[0].open(encoding="utf-8", newline="") as file:
        assert {row["layer"] if "layer" in row else row["name"] for row in csv.DictReader(file)} <= layers
    events = json.loads(timing[1].read_text(encoding="utf-8"))["traceEvents"]
    assert {event["args"]["layer"] for event in events if "layer" in event.get("args", {})} <= layers

    # Look into it.
    shown = tool("bmodel-tool", "info", model).splitlines()
    found = [line.split(" ", 5) for line in shown if line.startswith(("    input ", "    output"))]
    listed = {_name_of(line) for line in shown if line.startswith(("    input ", "    output"))}
    assert len(found) == len(listed) == 3 and INPUT in listed
    (folder / "text").write_text(tool("bmodel-tool", "dis", model), encoding="utf-8")
    tool("bmodel-tool", "asm", folder / "text", model, "-o", folder / "asm.bmodel")
    assert tool("bmodel-tool", "dis", folder / "asm.bmodel") == (folder / "text").read_text(encoding="utf-8")
    tool("bmodel-tool", "check", model)
    tool("bmodel-tool", "compare", model, f"{prefix}_tpu_outputs.npz", "-i", given)
    good("model_report.py", model, "-o", folder / "page 2.html", "--groups", groups)
    tool("bmodel-tool", "extract", model, "-o", folder / "parts, 1")


def _name_of(line: str) -> str:
    rest = line[len("    output ") :]
    quoted = read_quoted(rest)
    return quoted[0] if quoted else rest.split(" ")[0]


@needs_core
def test_a_path_cannot_set_options_of_passes_and_no_error_shows_a_pipeline(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mlir = folder / "x opt=1.mlir"
    good("model_transform.py", "--model_name", "x", "--model_def", folder / "t.onnx", "--mlir", mlir, "--quiet")
    (folder / "bad table").write_text("no table\n")
    code, err = run(
        ["model_deploy.py", "--mlir", str(mlir), "--model", str(folder / "x.bmodel"), "--chip", "bm1684x",
         "--quantize", "INT8", "--calibration_table", str(folder / "bad table")]
    )  # fmt: skip
    assert code == EXIT_USER and "expected 'name threshold min max'" in err and "builtin.module" not in err


@needs_core
def test_a_user_of_tpuc_opt_quotes_a_path(tmp_path: Path) -> None:
    from onnx_models import conv_relu

    onnx.save(conv_relu(), tmp_path / "t.onnx")
    mlir = tmp_path / "t.mlir"
    good("model_transform.py", "--model_name", "t", "--model_def", tmp_path / "t.onnx", "--mlir", mlir, "--quiet")
    table = tmp_path / "my table"
    save_npz(tmp_path / "in.npz", {"x": np.ones((1, 3, 8, 8), np.float32)})
    (tmp_path / "l").write_text("in.npz\n")
    good("run_calibration.py", mlir, "--data_list", tmp_path / "l", "-o", table)
    spelled = "hex:" + os.fsencode(table).hex()
    for value in (f"'{table}'", f'"{table}"', f"{{{table}}}", spelled):
        tool("tpuc-opt", mlir, f"--import-calibration-table=file={value} asymmetric=false", "-o", tmp_path / "c.mlir")
        assert "calibrated" in (tmp_path / "c.mlir").read_text()


@needs_core
def test_a_name_with_nul_is_refused_at_import(tmp_path: Path) -> None:
    node = helper.make_node("Relu", ["x"], ["a\0b"])
    values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 4]) for n in ("x", "a\0b")]
    graph = helper.make_graph([node], "g", values[:1], values[1:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), tmp_path / "n.onnx")
    words = [
        "model_transform.py",
        "--model_name",
        "n",
        "--model_def",
        tmp_path / "n.onnx",
        "--mlir",
        tmp_path / "n.mlir",
    ]
    code, err = run(list(map(str, words)))
    assert code == EXIT_USER and "NUL" in err and "Traceback" not in err
    assert [p.name for p in tmp_path.iterdir()] == ["n.onnx"]


def test_a_table_keeps_any_name_and_reads_old_rows(tmp_path: Path) -> None:
    rng = random.Random(5)
    letters = "ab#\"'\\ \t\n\r\v\f\u0085\u00a0\u2028é漢😀,1-."
    wild = {"".join(rng.choice(letters) for _ in range(rng.randint(1, 8))) for _ in range(500)}
    rows = {name: Range(1 + i, -1.0, float(i)) for i, name in enumerate([*wild, *TENSORS])}
    path = tmp_path / "table"
    CalibrationTable(rows, {"mlir": "a\nb.mlir"}).save(path)
    assert load_table(path).rows == rows
    path.write_text("plain 1 -1 1\ninput image  2 -1 1\n a 1 2 3 4 5 6 \nx\t1 -1 1\n")
    assert list(load_table(path).rows) == ["plain", "input image", "a 1 2 3", "x"]
    assert all(word(name) == name for name in ("plain", "a/b:c,d", "größe", 'a"b'))


@needs_core
def test_old_tables_with_quotes_and_blanks_still_lower(tmp_path: Path) -> None:
    """Written before names were quoted: a blank inside a name, and quotes around a whole one."""
    nodes = [helper.make_node("Relu", ["in put"], ['"r"']), helper.make_node("Sigmoid", ['"r"'], ["s"])]
    values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 4, 4, 4]) for n in ("in put", "s")]
    graph = helper.make_graph(nodes, "g", values[:1], values[1:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), tmp_path / "n.onnx")
    mlir = tmp_path / "n.mlir"
    good("model_transform.py", "--model_name", "n", "--model_def", tmp_path / "n.onnx", "--mlir", mlir, "--quiet")
    (tmp_path / "old").write_text('in put 4 -4 4\n"r"_Relu 4 0 4\ns_Sigmoid 1 0 1\n')
    good(
        "model_deploy.py", "--mlir", mlir, "--model", tmp_path / "n.bmodel", "--chip", "bm1684x", "--quantize", "INT8",
        "--calibration_table", tmp_path / "old",
    )  # fmt: skip


def test_lists_on_a_command_line_hold_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert names("a, b ,,c") == ("a", "b", "c")
    assert names(r"a\,b,c\d") == ("a,b", r"c\d")
    assert names(r"a\\,b") == ("a\\", "b")
    assert split_list("\\ a,b\\ ") == (" a", "b ")
    monkeypatch.chdir(tmp_path)
    Path("one, two.npz").touch()
    assert files("one, two.npz") == ("one, two.npz",)
    assert files("one, two.npz,three") == ("one", "two.npz", "three")
    assert files(r"one\, two.npz,three") == ("one, two.npz", "three")
    for name in ("a", " b", "c,d"):
        Path(name).touch()
    Path("list").write_text("one, two.npz\na,\\ b,c\\,d\n# a,b\n", encoding="utf-8")
    assert [[str(p) for p in s] for s in from_list(Path("list"), 0)] == [["one, two.npz"], ["a", " b", "c,d"]]


@needs_core
def test_outputs_and_excepts_with_commas(folder: Path) -> None:
    model, top = folder / "t.onnx", folder / "top.npz"
    good(
        "model_transform.py", "--model_name", "t", "--model_def", model, "--mlir", folder / "t.mlir",
        "--output_names", "out\\, put,a\\,b;c=d{e}[f]", "--test_input", folder / "in 0.npz", "--test_result",
        top, "--excepts", "out\\, put_Add",
    )  # fmt: skip
    good(
        "npz_tool.py", "extract", top, folder / "some.npz", "out\\, put_Add,a\\,b;c=d{e}[f]_Conv",
    )  # fmt: skip
    assert list(load_npz(folder / "some.npz")) == ["out, put_Add", "a,b;c=d{e}[f]_Conv"]


@needs_core
def test_the_api_takes_str_and_path_and_raises_user_errors(folder: Path, tmp_path: Path) -> None:
    import tpu_mlir
    from tpu_mlir.deployment.options import Options

    made = {
        kind: tpu_mlir.transform("t", kind(folder / "t.onnx"), kind(tmp_path / f"{kind.__name__}.mlir"), quiet=True)
        for kind in (str, Path)
    }
    assert all(result.mlir.exists() for result in made.values())
    mlir, sample = str(tmp_path / "str.mlir"), str(folder / "in 0.npz")
    tables = [tpu_mlir.calibrate(mlir, samples).table for samples in ([sample], [(Path(sample),)], [[sample]])]
    assert tables[0].rows == tables[1].rows == tables[2].rows
    tables[0].save(str(tmp_path / "table"))
    options = Options(
        mlir=mlir, model=str(tmp_path / "z.bmodel"), chip="BM1684X", quantize="int8",  # type: ignore[arg-type]
        calibration_table=str(tmp_path / "table"), test_input=sample,  # type: ignore[arg-type]
    )  # fmt: skip
    assert tpu_mlir.deploy(options, quiet=True).files
    runs: list[dict[str, Any]] = [tpu_mlir.run(m, i) for m in (mlir, Path(mlir)) for i in (sample, [Path(sample)])]
    assert all(set(r) == set(runs[0]) for r in runs)

    (tmp_path / "bad.mlir").write_text("module {")
    (tmp_path / "nothing.mlir").write_text('module attributes {module.state = "TOP_F32"} {}')
    for call in (
        lambda: tpu_mlir.transform("t", str(tmp_path / "none.onnx"), str(tmp_path / "o.mlir")),
        lambda: tpu_mlir.calibrate(str(tmp_path / "bad.mlir"), [sample]),
        lambda: tpu_mlir.calibrate(str(tmp_path / "nothing.mlir"), [sample]),
        lambda: tpu_mlir.calibrate(mlir, [sample], method="min"),
        lambda: tpu_mlir.calibrate(mlir, [str(tmp_path / "none.npz")]),
        lambda: tpu_mlir.deploy(Options(str(tmp_path / "bad.mlir"), str(tmp_path / "o.bmodel"), "bm1684x")),  # type: ignore[arg-type]
        lambda: tpu_mlir.deploy(Options(mlir, str(tmp_path / "o.bmodel"), "bm1684y")),  # type: ignore[arg-type]
        lambda: tpu_mlir.deploy(Options(mlir, str(tmp_path / "o.bmodel"), "bm1684x", "INT9")),  # type: ignore[arg-type]
        lambda: tpu_mlir.run(str(tmp_path / "bad.mlir"), sample),
        lambda: tpu_mlir.run(mlir, {"y": np.zeros(3)}),
    ):
        with pytest.raises(UserError):
            call()
