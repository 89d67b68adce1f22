"""Files and surroundings that mean harm, or happen to: each time a sentence and its exit code, quickly.

Damage of every other kind is test/fuzz's; what disks and interruptions do is test_robustness.py's.
"""

from __future__ import annotations

import io
import json
import os
import re
import resource
import shutil
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from conftest import ROOT, needs_core
from onnx import TensorProto, helper
from onnx_models import conv_relu

BIN = ROOT / "python/tpu_mlir/bin"
NATIVE = ("tpuc-opt", "tpuc-sim", "bmodel-tool", "tpuc-cost")
pytestmark = needs_core
DEEP = 50_000
GIGABYTES = 1 << 30


def tool(name: str) -> list[str]:
    found = shutil.which(name) if name in NATIVE else None
    return [found] if found else [sys.executable, str(BIN / name)]


def run(words: str | list[Any], folder: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Runs a tool in `folder` for a minute at most."""
    name, *rest = words.split() if isinstance(words, str) else words
    return subprocess.run(
        [*tool(name), *rest], cwd=folder, capture_output=True, text=True, errors="replace", check=False, timeout=60,
        **options,
    )  # fmt: skip


def sentence_of(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that a refused run says."""
    assert done.returncode == 1, (done.returncode, done.stderr[-2000:])
    told = [line for line in done.stderr.splitlines() if line]
    assert len(told) == 1 and "Traceback" not in done.stderr and "internal error" not in done.stderr, done.stderr[:3000]
    return told[0]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network with everything that the tools leave of it."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "net.onnx").write_bytes(conv_relu().SerializeToString())
    rng = np.random.default_rng(1)
    np.savez(folder / "in.npz", x=rng.standard_normal((1, 3, 8, 8)).astype(np.float32))
    (folder / "list.txt").write_text("in.npz\n")
    for words in (
        "model_transform.py --model_name net --model_def net.onnx --mlir net.mlir --test_input in.npz"
        " --test_result top.npz --scale 1,1,1 --pixel_format rgb",
        "run_calibration.py net.mlir --data_list list.txt --input_num 1 -o table",
        "model_deploy.py --mlir net.mlir --quantize INT8 --calibration_table table --chip bm1684x --model net.bmodel"
        " --dump-groups groups.json --test_input in.npz",
    ):
        done = run(words, folder)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "made"))


# Nesting


def _chain(first: str, link: str) -> str:
    return f"#a0 = {first}\n" + "".join(f"#a{i} = {link.format(f'#a{i - 1}')}\n" for i in range(1, DEEP))


DEPTHS: dict[str, Callable[[str], str]] = {
    "lists": lambda text: text.replace("module.name =", f"module.x = {'[' * DEEP}{']' * DEEP}, module.name ="),
    "types": lambda text: text.replace("module.name =", f"module.x = {'tuple<' * DEEP}i1{'>' * DEEP}, module.name ="),
    "locations": lambda text: text + '#deep = loc("a"(' * DEEP,
    "regions": lambda text: 'module { "a.b"() ({' * DEEP,
    "aliases": lambda text: _chain("[]", "[{}]") + text,
    "locations of locations": lambda text: _chain("loc(unknown)", 'loc("a"({}))') + text,
    "negations": lambda text: text.replace(
        "module.name =", f"module.x = affine_map<(d0) -> ({'-' * DEEP}d0)>, module.name ="
    ),
}


TOO_DEEP = re.compile(r"deep\.mlir' .* (levels|operators) that are read")


@pytest.mark.parametrize("kind", DEPTHS)
def test_deep_nesting_is_a_sentence(kind: str, folder: Path) -> None:
    (folder / "deep.mlir").write_text(DEPTHS[kind]((folder / "net.mlir").read_text()))
    assert TOO_DEEP.search(sentence_of(run("tpuc-opt deep.mlir -o x.mlir", folder)))


@pytest.mark.parametrize(
    "words",
    [
        "model_runner.py --model deep.mlir --input in.npz --output x.npz",
        "model_deploy.py --mlir deep.mlir --model x.bmodel --chip bm1684x --quantize F32",
        "run_calibration.py deep.mlir --data_list list.txt --input_num 1 -o x",
    ],
)
def test_deep_nesting_is_a_sentence_of_every_tool(words: str, folder: Path) -> None:
    (folder / "deep.mlir").write_text(DEPTHS["aliases"]((folder / "net.mlir").read_text()))
    assert TOO_DEEP.search(sentence_of(run(words, folder)))


JSON_USERS = (
    "model_deploy.py --mlir net.mlir --model x.bmodel --chip bm1684x --quantize INT8 --calibration_table table"
    " --use-groups bad.json",
    "model_report.py net.bmodel -o x.html --groups bad.json",
)


@pytest.mark.parametrize("words", JSON_USERS)
@pytest.mark.parametrize("text", ["[" * DEEP, '{"groups":' * DEEP, '{"groups": [' + '{"a":' * DEEP])
def test_deep_json_is_a_sentence(words: str, text: str, folder: Path) -> None:
    (folder / "bad.json").write_text(text)
    assert "levels that are read" in sentence_of(run(words, folder))


# Group files

WRONG_GROUPS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "no object": (lambda root: [root], "it is a list, not an object with a list 'groups'"),
    "no groups": (lambda root: {"version": 1}, "its 'groups' is nothing, not a list"),
    "groups of another type": (lambda root: {**root, "groups": {}}, "its 'groups' is an object, not a list"),
    "a group that is none": (lambda root: {**root, "groups": [None]}, "has null in group 0"),
    "a group without ops": (lambda root: {**root, "groups": [{}]}, "has no 'ops' in group 0"),
    "ops that are a text": (lambda root: _first(root, ops="abc"), "has a text as 'ops' in group 0"),
    "an op that is a number": (lambda root: _first(root, ops=[1]), "has the number 1 in the list 'ops' in group 0"),
    "slices that are a number": (lambda root: _first(root, slices=1), "has the number 1 as 'slices' in group 0"),
    "slices that are texts": (lambda root: _first(root, slices={"h": "2"}), "has a text as 'h' in group 0"),
    "slices that are fractions": (lambda root: _first(root, slices={"n": 1.5}), "has the number 1.5 as 'n' in group 0"),
    "slices of another axis": (lambda root: _first(root, slices={"c": 2}), "has an unknown key 'c' in group 0"),
    "no slice": (lambda root: _first(root, slices={"n": 0}), "has 0 x 1 x 1 slices in group 0; 1 to 4096"),
    "a misspelt key": (lambda root: _first(root, slice={"h": 2}), "has an unknown key 'slice' in group 0"),
    "a reason that is a list": (lambda root: _first(root, alone=[]), "has a list as 'alone' in group 0"),
    "another version": (lambda root: {**root, "version": 2}, "has version 2; version 1 is read"),
    "flags that are texts": (lambda root: _first(root, keeps_weights="no"), "has a text as 'keeps_weights' in group 0"),
}


def _first(root: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    first, *others = root["groups"]
    return {**root, "groups": [{**first, **changes}, *others]}


@pytest.mark.parametrize("words", JSON_USERS)
def test_a_wrong_group_file_is_a_sentence(words: str, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The same one from the compiler and from the report."""
    from tpu_mlir.cli.model_deploy import main as deploy
    from tpu_mlir.cli.model_report import main as report

    right = json.loads((folder / "groups.json").read_text())
    name, *rest = words.split()
    there = Path.cwd()
    os.chdir(folder)
    try:
        for kind, (change, sentence) in WRONG_GROUPS.items():
            Path("bad.json").write_text(json.dumps(change(right)))
            assert (deploy if name == "model_deploy.py" else report)(rest) == 1, kind
            err = capfd.readouterr().err
            assert "group file '" in err and "bad.json' " in err and sentence in err and err.count("\n") == 1, (
                kind,
                err,
            )
    finally:
        os.chdir(there)


# Archives


def _npz(path: Path, method: int, content: bytes = b"", damage: int = 0) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        array = io.BytesIO()
        np.save(array, np.zeros((1, 3, 8, 8), np.float32))
        archive.writestr("x.npy", content or array.getvalue())
    data = bytearray(out.getvalue())
    for at in range(40, 40 + damage):
        data[at] ^= 0xA5
    path.write_bytes(data)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("damage", [8, 30])
def test_a_damaged_archive_is_a_sentence(method: int, damage: int, folder: Path) -> None:
    _npz(folder / "bad.npz", method, damage=damage)
    assert "'bad.npz' is damaged" in sentence_of(run("npz_tool.py dump bad.npz", folder))


@pytest.mark.parametrize("axes", [33, 64, 65, 70])
def test_more_axes_than_the_network_has_are_a_sentence(axes: int, folder: Path) -> None:
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {(1,) * axes}, }}".ljust(1013) + "\n"
    _npz(
        folder / "bad.npz",
        zipfile.ZIP_STORED,
        b"\x93NUMPY\x01\x00" + struct.pack("<H", 1014) + header.encode() + b"\0" * 4,
    )
    told = sentence_of(run("model_runner.py --model net.mlir --input bad.npz --output x.npz", folder))
    assert "bad.npz" in told


def test_a_tensor_of_too_many_axes_is_a_sentence(folder: Path) -> None:
    shape = "x".join(["1"] * 40)
    (folder / "axes.mlir").write_text(
        'module attributes {module.name = "n", module.state = "TOP_F32"} {\n'
        f'  func.func @main(%a: tensor<{shape}xf32> loc("x")) -> tensor<{shape}xf32> {{\n'
        f'    %0 = "top.Input"(%a) : (tensor<{shape}xf32>) -> tensor<{shape}xf32> loc("x")\n'
        f'    %1 = "top.Sigmoid"(%0) : (tensor<{shape}xf32>) -> tensor<{shape}xf32> loc("y")\n'
        f"    return %1 : tensor<{shape}xf32>\n  }}\n}}\n"
    )
    told = sentence_of(run("model_runner.py --model axes.mlir --input in.npz --output x.npz", folder))
    assert "'x' has 40 axes; at most 32 are possible" in told


# Pictures


def _png(width: int, height: int) -> bytes:
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head)) + b"\0" * 10


def _bmp(width: int, height: int) -> bytes:
    return b"BM" + struct.pack("<IHHIIiiHHIIIIII", 54, 0, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)


def _jpg(width: int, height: int) -> bytes:
    return b"\xff\xd8\xff\xc0\x00\x11\x08" + struct.pack(">HH", height, width) + b"\x03\x01\x11\0\x02\x11\1\x03\x11\1"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("m.png", _png(32768, 32768)), ("m.png", _png(1 << 30, 1)), ("m.jpg", _jpg(65535, 65535)),
        ("m.bmp", _bmp(30000, -30000)), ("m.png", _bmp(30000, 30000)),
    ],
)  # fmt: skip
def test_a_picture_that_claims_too_much_is_a_sentence(name: str, data: bytes, folder: Path) -> None:
    (folder / name).write_bytes(data)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (3 * GIGABYTES, 3 * GIGABYTES))

    done = run(f"model_runner.py --model net.mlir --input {name} --output x.npz", folder, preexec_fn=limit)
    assert "at most 100,000,000 are read" in sentence_of(done)


@pytest.mark.parametrize(
    ("name", "data"), [("m.png", _png(64, 64)), ("m.jpg", _jpg(64, 64)), ("m.bmp", b"BM" + b"\0" * 9)]
)
def test_decoders_add_no_lines_of_their_own(name: str, data: bytes, folder: Path) -> None:
    (folder / name).write_bytes(data)
    told = sentence_of(run(f"model_runner.py --model net.mlir --input {name} --output x.npz", folder))
    assert f"picture '{name}'" in told


def test_a_picture_may_not_become_too_large() -> None:
    from tpu_mlir.errors import UserError
    from tpu_mlir.preprocess import Preprocess

    settings = Preprocess((1, 3, 224, 224), (224, 224), (0,) * 3, (1,) * 3, True, "short_side_scale")
    with pytest.raises(UserError, match="a picture of 1 x 65,535 pixels would become one of"):
        settings.pixels(np.zeros((65535, 1, 3), np.uint8))


# Streams, pipes, names

CLOSED = [
    "npz_tool.py dump in.npz",
    "model_runner.py --model net.mlir --input in.npz --output x.npz --help",
    "model_deploy.py --help",
    "model_report.py --help",
    "run_calibration.py --help",
    "model_transform.py --model_name t --model_def net.onnx --mlir t.mlir",
    "bmodel-tool info net.bmodel",
    "bmodel-tool --help",
    "tpuc-sim net.bmodel --input in.npz",
    "tpuc-opt net.mlir",
    "tpuc-cost bm1684x --constants",
]


@pytest.mark.parametrize("words", CLOSED)
def test_closed_standard_output_is_a_sentence(words: str, folder: Path) -> None:
    line = " ".join([*tool(words.split()[0]), *words.split()[1:]])
    done = subprocess.run(["bash", "-c", f"{line} >&-"], cwd=folder, stderr=subprocess.PIPE, text=True, check=False)
    assert "cannot write to standard output: " in sentence_of(done)


@pytest.mark.parametrize("words", ["npz_tool.py dump none.npz", "bmodel-tool info none.bmodel", "tpuc-opt none.mlir"])
@pytest.mark.parametrize("closed", ["2>&-", "<&- >&- 2>&-"])
def test_closed_standard_error_leaves_the_exit_code(words: str, closed: str, folder: Path) -> None:
    line = " ".join([*tool(words.split()[0]), *words.split()[1:]])
    done = subprocess.run(["bash", "-c", f"{line} {closed}"], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")


def test_closed_streams_harm_no_file(folder: Path) -> None:
    """The files that a tool opens would get the numbers of the streams, and all that is printed."""
    words = "model_transform.py --model_name t --model_def net.onnx --mlir t.mlir"
    line = " ".join([*tool(words.split()[0]), *words.split()[1:]])
    subprocess.run(["bash", "-c", f"{line} <&- >&- 2>&-"], cwd=folder, check=False)
    assert (folder / "t.mlir").read_text().startswith(("#loc", "module"))
    assert run("tpuc-opt t.mlir -o u.mlir", folder).returncode == 0


@pytest.mark.parametrize(
    "tool_name", ["model_runner.py --input in.npz --output x.npz --model net.mlir", "tpuc-opt net.mlir"]
)
def test_a_pipe_as_weight_file_is_a_sentence(tool_name: str, folder: Path) -> None:
    weights = folder / "net_top_f32_all_weight.npz"
    weights.unlink()
    os.mkfifo(weights)
    assert "it is not a regular file" in sentence_of(run(tool_name, folder))


@pytest.mark.parametrize("variables", [{}, {"LC_ALL": "C", "PYTHONUTF8": "0"}])
@pytest.mark.parametrize("name", [b"b\xff", "größe".encode()])
def test_paths_need_not_be_utf8(name: bytes, variables: dict[str, str], folder: Path) -> None:
    there = os.fsencode(folder) + b"/" + name
    Path(os.fsdecode(there)).mkdir()
    stem = there + b"/" + name
    environment = {**os.environ, **variables}
    steps: list[list[Any]] = [
        ["model_transform.py", "--model_name", "n", "--model_def", "net.onnx", "--mlir", stem + b".mlir"],
        ["npz_tool.py", "dump", there + b"/n_top_f32_all_weight.npz"],
        ["model_runner.py", "--model", stem + b".mlir", "--input", "in.npz", "--output", there + b"/o.npz"],
        ["run_calibration.py", stem + b".mlir", "--data_list", "list.txt", "--input_num", "1", "-o",
         there + b"/table"],
        ["model_deploy.py", "--mlir", stem + b".mlir", "--model", stem + b".bmodel",
         "--chip", "bm1684x", "--quantize", "INT8", "--calibration_table", there + b"/table"],
        ["model_report.py", stem + b".bmodel", "-o", there + b"/r.html"],
        ["tpuc-sim", stem + b".bmodel", "--input", "in.npz"],
    ]  # fmt: skip
    for step in steps:
        done = run(step, folder, env=environment)
        assert done.returncode == 0, (step, done.stderr)
    for step in (["npz_tool.py", "dump", there + b"/none.npz"], ["model_runner.py", "--model", there + b"/none.mlir",
                 "--input", "in.npz", "--output", "x.npz"]):  # fmt: skip
        assert "does not exist" in sentence_of(run(step, folder, env=environment))


@pytest.mark.parametrize(
    "words", ["npz_tool.py dump in.npz {}", "npz_tool.py dump {}", "bmodel-tool {}", "tpuc-sim {}", "tpuc-cost {}"]
)
def test_long_names_are_shortened(words: str, folder: Path) -> None:
    told = sentence_of(run([word.format("n" * 60000) for word in words.split()], folder))
    assert len(told) < 700


def test_long_names_of_tensors_are_shortened(folder: Path) -> None:
    text = (folder / "net.mlir").read_text()
    (folder / "long.mlir").write_text(re.sub(r'loc\("w"\)', f'loc("{"w" * 60000}")', text))
    for words in ("model_runner.py --model long.mlir --input in.npz --output x.npz", "tpuc-opt long.mlir"):
        done = run(words, folder)
        assert done.returncode == 1 and len(done.stderr) < 2000, done.stderr[:3000]


def test_what_no_machine_can_hold_is_a_sentence(folder: Path) -> None:
    huge = 1 << 18
    pads = [0, 0, huge, huge, 0, 0, huge, huge]
    node = helper.make_node("Pad", ["x", "p"], ["y"], "pad")
    graph = helper.make_graph(
        [node], "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 8 + 2 * huge, 8 + 2 * huge])],
        [helper.make_tensor("p", TensorProto.INT64, [8], pads)],
    )  # fmt: skip
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), folder / "huge.onnx")
    done = run("model_transform.py --model_name h --model_def huge.onnx --mlir h.mlir --skip_validation", folder)
    assert done.returncode == 0, done.stderr
    np.savez(folder / "one.npz", x=np.zeros((1, 1, 8, 8), np.float32))
    told = sentence_of(run("model_runner.py --model h.mlir --input one.npz --output x.npz", folder))
    assert re.search(r"needs [\d.e+]+ GB of memory; this machine gives", told), told


def test_another_python_is_told_what_it_lacks(folder: Path) -> None:
    """As where .venv belongs to another user, and the system's Python runs the tool."""
    words = [sys.executable, "-I", "-S", str(BIN / "npz_tool.py"), "dump", "in.npz"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert "the Python package 'numpy' is not there for" in sentence_of(done)
