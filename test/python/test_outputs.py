"""What tools write to: never an input, another output, a device's node or a link."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, needs_core
from test_robustness import command

from tpu_mlir.cli.model_deploy import main as model_deploy
from tpu_mlir.cli.model_report import main as model_report
from tpu_mlir.cli.model_runner import main as model_runner
from tpu_mlir.cli.model_transform import main as model_transform
from tpu_mlir.cli.npz_tool import main as npz_tool
from tpu_mlir.cli.run_calibration import main as run_calibration
from tpu_mlir.errors import EXIT_COMPARE, EXIT_OK, EXIT_USER, UserError
from tpu_mlir.files import write_text
from tpu_mlir.outputs import Output, check_outputs, weights_of

MAINS = {
    "model_deploy.py": model_deploy,
    "model_report.py": model_report,
    "model_runner.py": model_runner,
    "model_transform.py": model_transform,
    "npz_tool.py": npz_tool,
    "run_calibration.py": run_calibration,
}


def listed(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def run(words: str | Sequence[str]) -> tuple[int, str]:
    """Exit code and stderr of a tool in the current folder: Python's in this process, others in their own."""
    tool, *arguments = words.split() if isinstance(words, str) else words
    if tool in MAINS:
        import contextlib
        import io

        err = io.StringIO()
        with contextlib.redirect_stderr(err):
            return MAINS[tool](arguments), err.getvalue()
    done = subprocess.run([*command(tool), *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network at every stage: t.onnx, t.mlir, t.cali, t.bmodel, its inputs and its groups."""
    pytest.importorskip("pymlir")
    from onnx_models import conv_relu

    folder = tmp_path_factory.mktemp("compiled")
    before = Path.cwd()
    os.chdir(folder)
    try:
        Path("t.onnx").write_bytes(conv_relu().SerializeToString())
        rng = np.random.default_rng(1)
        np.savez("in.npz", x=rng.standard_normal((1, 3, 8, 8)).astype(np.float32))
        Path("l").write_text("in.npz\n")
        for words in (
            "model_transform.py --model_name t --model_def t.onnx --mlir t.mlir --test_input in.npz --quiet"
            " --test_result ref.npz",
            "run_calibration.py t.mlir --data_list l -o t.cali",
            f"{DEPLOY} --model t.bmodel --dump-groups g.json --clean",
        ):
            code, err = run(words)
            assert code == EXIT_OK, err
    finally:
        os.chdir(before)
    return folder


DEPLOY = "model_deploy.py --mlir t.mlir --chip bm1684x --quantize INT8 --calibration_table t.cali"


@pytest.fixture
def work(compiled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the compiled network's folder, which is the current one."""
    folder = Path(shutil.copytree(compiled, tmp_path / "work"))
    (folder / "link.npz").symlink_to("in.npz")
    monkeypatch.chdir(folder)
    return folder


# Command lines whose output is one of their inputs, or two of whose outputs are one file.
DESTROY = [
    "run_calibration.py t.mlir --data_list l -o l",
    "run_calibration.py t.mlir --data_list l -o ./in.npz",
    "model_transform.py --model_name u --model_def t.onnx --mlir u.mlir --test_input in.npz --test_result in.npz",
    "model_transform.py --model_name u --model_def t.onnx --mlir u.mlir --test_input in.npz --test_result link.npz",
    "model_transform.py --model_name u --model_def u_opt.onnx --mlir u.mlir",
    "model_transform.py --model_name u --model_def t.onnx --mlir u.mlir --test_input in.npz --test_result u_in_f32.npz",
    "model_runner.py --model t.mlir --input in.npz --output in.npz",
    "model_runner.py --model t.mlir --input in.npz --output link.npz",
    "model_runner.py --model t.mlir --input in.npz --output t_top_f32_all_weight.npz",
    f"{DEPLOY} --model z.bmodel --dump-groups t.cali",
    f"{DEPLOY} --model z.bmodel --dump-groups t.html --report t.html",
    f"{DEPLOY} --model z.bmodel --dump-groups g.json --use-groups g.json",
    f"{DEPLOY} --model z.bmodel --test_input t_bm1684x_int8_sym_model_outputs.npz",
    "model_report.py t.bmodel --groups t.html -o t.html",
    "npz_tool.py extract in.npz in.npz x",
    "npz_tool.py merge in.npz ref.npz ref.npz",
    "npz_tool.py compare in.npz in.npz --save in.npz",
    "bmodel-tool dis t.bmodel -o t.bmodel",
    "bmodel-tool asm t.txt t.bmodel -o t.bmodel",
    "bmodel-tool compare t.bmodel in.npz -i link.npz -o ./in.npz",
    "tpuc-sim t.bmodel -i in.npz -o in.npz",
    "tpuc-sim t.bmodel -i in.npz -o link.npz",
    "tpuc-sim t.bmodel --timing-only --trace new.json --summary ./new.json",
]


@needs_core
@pytest.mark.parametrize("words", DESTROY)
def test_an_output_that_is_an_input_or_another_output_is_refused(work: Path, words: str) -> None:
    (work / "u_opt.onnx").write_bytes((work / "t.onnx").read_bytes())
    (work / "t_bm1684x_int8_sym_model_outputs.npz").write_bytes((work / "in.npz").read_bytes())
    for name in ("t.html", "t.txt"):
        (work / name).write_text("{}")
    before = contents(work)
    code, err = run(words)
    assert code == EXIT_USER and err.count("\n") == 1, err
    assert any(what in err for what in ("replace an input", "are one file", "another kind of file")), err
    assert contents(work) == before


# Outputs under the suffix of another kind of file.
FOREIGN = [
    "run_calibration.py t.mlir --data_list l -o t.mlir",
    "run_calibration.py t.mlir --data_list l -o new.npz",
    f"{DEPLOY} --model z.bmodel --report z.bmodel",
    f"{DEPLOY} --model z.bmodel --report z.mlir",
    f"{DEPLOY} --model z.bmodel --dump-groups z.onnx",
    "model_report.py t.bmodel -o t.json",
    "npz_tool.py to_bin in.npz x x.npz",
    "npz_tool.py to_dat in.npz x.bmodel",
    "npz_tool.py to_npy in.npz x x.npz",
    "bmodel-tool dis t.bmodel -o new.bmodel",
    "bmodel-tool profile t.bmodel -o new.mlir",
    "tpuc-sim t.bmodel -i in.npz -o out.bmodel",
    "tpuc-sim t.bmodel --timing-only --trace t.npz",
    "tpuc-opt t.mlir --canonicalize -o new.npz",
]


@needs_core
@pytest.mark.parametrize("words", FOREIGN)
def test_an_output_with_the_suffix_of_another_kind_is_refused(work: Path, words: str) -> None:
    before = contents(work)
    code, err = run(words)
    assert code == EXIT_USER and "suffix of another kind of file" in err, err
    if words.startswith("run_calibration.py"):  # a table has any name, so none is asked for
        assert "must have another suffix" in err, err
    assert contents(work) == before


def test_files_are_compared_not_names(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").symlink_to("a")
    os.link(tmp_path / "a", tmp_path / "c")
    (tmp_path / "to come").symlink_to("new")
    check_outputs([Output("-o", tmp_path / "c")], [("-i", tmp_path / "a")])  # another name of the file, which stays
    for other in ("b", "../" + tmp_path.name + "/a"):
        with pytest.raises(UserError, match="would replace an input"):
            check_outputs([Output("-o", tmp_path / other)], [("-i", tmp_path / "a")])
    with pytest.raises(UserError, match="are one file"):
        check_outputs([Output("-o", tmp_path / "new"), Output("-p", tmp_path / "to come")], [])
    # What is written to and not replaced may be named often.
    null = [Output("-o", Path("/dev/null")), Output("-p", Path("/dev/null"))]
    check_outputs(null, [("-i", "/dev/null")])


def test_the_weights_of_an_mlir_are_its_inputs_too(tmp_path: Path) -> None:
    (tmp_path / 'ä "b".npz').write_bytes(b"x")
    (tmp_path / "n.mlir").write_text(r'module attributes {module.weight_file = "\C3\A4 \22b\22.npz"} {}')
    assert weights_of(tmp_path / "n.mlir") == tmp_path / 'ä "b".npz'


@pytest.mark.skipif(os.geteuid() != 0, reason="needs the right to make a device node")
@needs_core
@pytest.mark.parametrize(
    "words",
    [
        "run_calibration.py t.mlir --data_list l -o d/null",
        "npz_tool.py to_bin in.npz x d/null",
        "model_report.py t.bmodel -o d/null",
        "bmodel-tool dis t.bmodel -o d/null",
        f"{DEPLOY} --model z.bmodel --report d/null --clean",
    ],
)
def test_a_device_is_written_to_and_not_replaced(work: Path, words: str) -> None:
    (work / "d").mkdir()
    node = work / "d/null"
    try:
        os.mknod(node, 0o666 | 0o020000, os.makedev(1, 3))
        node.open("wb").close()
    except OSError:
        pytest.skip("device nodes cannot be made or opened here")
    code, err = run(words)
    assert code == EXIT_OK, err
    assert node.is_char_device() and listed(work / "d") == ["null"]


@needs_core
def test_a_pipe_is_written_to(work: Path) -> None:
    os.mkfifo(work / "pipe")
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append((work / "pipe").read_bytes()))
    reader.start()
    assert run("run_calibration.py t.mlir --data_list l -o pipe")[0] == EXIT_OK
    reader.join(20)
    assert read and read[0] == (work / "t.cali").read_bytes()


@needs_core
@pytest.mark.parametrize("is_there", [True, False], ids=["replaced", "made"])
@pytest.mark.parametrize(
    "words",
    [
        "run_calibration.py t.mlir --data_list l -o link",
        "model_report.py t.bmodel -o link",
        "npz_tool.py to_bin in.npz x link",
        "bmodel-tool dis t.bmodel -o link",
        "bmodel-tool profile t.bmodel -o link",
        "tpuc-opt t.mlir --canonicalize -o link",
        "tpuc-sim t.bmodel -i in.npz -o link",
    ],
)
def test_python_and_cpp_follow_links(work: Path, words: str, is_there: bool) -> None:
    (work / "there").mkdir()
    if is_there:
        (work / "there/file").write_text("before")
    (work / "link").symlink_to("there/file")
    code, err = run(words)
    assert code == EXIT_OK, err
    assert (work / "link").is_symlink() and listed(work / "there") == ["file"]
    assert (work / "there/file").read_bytes() not in (b"", b"before")


def test_a_circle_of_links_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(UserError, match=r"cannot write .*too many levels"):
        write_text(tmp_path / "a", "x")
    assert listed(tmp_path) == ["a", "b"]


# Deployments: whose files are they?


@needs_core
def test_clean_removes_only_what_the_run_made(work: Path) -> None:
    mine = {
        "t_bm1684x_int8_sym_in.npz": (work / "in.npz").read_bytes(),
        "t_bm1684x_int8_sym_ref.npz": (work / "ref.npz").read_bytes(),
        "t_bm1684x_int8_sym_v2.bmodel": b"mine",
        "t_bm1684x_int8_sym_final.mlir": b"an earlier run's",
    }
    for name, data in mine.items():
        (work / name).write_bytes(data)
    before = contents(work)
    code, err = run(
        f"{DEPLOY} --model z.bmodel --clean --tolerance 0.5,0.2"
        " --test_input t_bm1684x_int8_sym_in.npz --test_reference t_bm1684x_int8_sym_ref.npz"
        " --report t_bm1684x_int8_sym.html --dump-groups t_bm1684x_int8_sym_g.json"
    )
    assert code == EXIT_OK, err
    made = {"z.bmodel", "t_bm1684x_int8_sym.html", "t_bm1684x_int8_sym_g.json"}
    assert set(contents(work)) == {*before, *made}
    assert all(contents(work)[name] == data for name, data in before.items())


@needs_core
def test_a_pattern_as_name_removes_no_other_networks_files(work: Path) -> None:
    (work / "t*.mlir").write_bytes((work / "t.mlir").read_bytes())
    (work / "tother_bm1684x_int8_sym_final.mlir").write_text("mine")
    words = DEPLOY.replace("t.mlir", "t*.mlir")
    code, err = run(f"{words} --model z.bmodel --clean --skip_validation")
    assert code == EXIT_OK, err
    assert (work / "tother_bm1684x_int8_sym_final.mlir").read_text() == "mine"


@needs_core
def test_parallel_deploys_of_one_stem_keep_their_networks(work: Path) -> None:
    """Two networks of one name, deployed into one folder at once: each bmodel holds its own."""
    from onnx_models import conv_relu

    sides = ("a", "b")
    for side in sides:
        (work / side).mkdir()
        model = conv_relu()
        if side == "b":
            weight = model.graph.initializer[0]
            weight.raw_data = (2 * np.frombuffer(weight.raw_data, np.float32)).tobytes()
        (work / side / "t.onnx").write_bytes(model.SerializeToString())
        words = f"model_transform.py --model_name t --model_def {side}/t.onnx --mlir {side}/t.mlir --quiet"
        assert run(words)[0] == EXIT_OK
        assert run(f"run_calibration.py {side}/t.mlir --data_list l -o {side}/t.cali")[0] == EXIT_OK
        assert run(f"{deploy_of(side)} --model {side}/right.bmodel --skip_validation")[0] == EXIT_OK
    (work / "out").mkdir()
    tool, *rest = f"{deploy_of('SIDE')} --model out/SIDE.bmodel --test_input in.npz".split()
    for _ in range(2):
        running = [
            subprocess.Popen([*command(tool), *(w.replace("SIDE", side) for w in rest)], stdout=subprocess.DEVNULL)
            for side in sides
        ]
        assert [process.wait(120) for process in running] == [EXIT_OK, EXIT_OK]
        for side in sides:
            assert (work / f"out/{side}.bmodel").read_bytes() == (work / side / "right.bmodel").read_bytes()


def deploy_of(side: str) -> str:
    return DEPLOY.replace("t.mlir", f"{side}/t.mlir").replace("t.cali", f"{side}/t.cali")


@needs_core
def test_a_failing_proof_neither_replaces_the_bmodel_nor_takes_its_name(work: Path) -> None:
    good = (work / "t.bmodel").read_bytes()
    flags = "--test_input in.npz --test_reference ref.npz --tolerance 0.9999999,0.9999999"
    code, err = run(f"{DEPLOY} --model t.bmodel {flags} --clean")
    assert code == EXIT_COMPARE and "the bmodel is kept as 't.unproven.bmodel'" in err
    assert (work / "t.bmodel").read_bytes() == good
    # What someone needs to look into it is there, whatever was to be cleaned.
    assert (work / "t_bm1684x_int8_sym_tpu_outputs.npz").exists()
    assert run("bmodel-tool compare t.unproven.bmodel t_bm1684x_int8_sym_tpu_outputs.npz -i in.npz")[0] == EXIT_OK


@needs_core
def test_a_failing_run_keeps_the_earlier_bmodel(work: Path) -> None:
    before = contents(work)
    table = (work / "t.cali").read_text()
    (work / "t.cali").write_text("\n".join(line for line in table.splitlines() if "y_Relu" not in line))
    assert run(f"{DEPLOY} --model t.bmodel")[0] == EXIT_USER
    assert {**contents(work), "t.cali": before["t.cali"]} == before


def test_the_tutorial_removes_only_what_it_made(tmp_path: Path) -> None:
    """regression/basic/run_step_by_step.sh, with commands that only leave a file."""
    text = (ROOT / "regression/basic/run_step_by_step.sh").read_text()
    head, _, _ = text.partition('step "Step 0.')
    script = tmp_path / "tutorial.sh"
    script.write_text(f"{head}\necho 1 > 'resnet18 a.mlir'\nmkdir dataset_cali\necho 2 > dataset_cali/cat.jpg\n")
    folder = tmp_path / "my folder"
    folder.mkdir()
    (folder / "thesis.txt").write_text("mine")
    for _ in range(2):
        done = subprocess.run(["bash", script, folder], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert (folder / "thesis.txt").read_text() == "mine"
        assert (folder / "dataset_cali/cat.jpg").exists()
    (tmp_path / "other").mkdir()
    (tmp_path / "other/resnet18.mlir").write_text("mine")
    done = subprocess.run(["bash", script, tmp_path / "other"], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "was not made by this script" in done.stderr
    assert (tmp_path / "other/resnet18.mlir").read_text() == "mine"
