"""What the tools do when the world is against them: a full disk, an interruption, inputs that cannot be read.

Each time: one sentence, exit code 1 (128 and the signal's number for an interruption), nothing half-written, and files
that were there before are as they were, or whole and new. A full disk is a small tmpfs where the test may mount one,
and a limit on file sizes everywhere.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, needs_core
from onnx_models import conv_relu

BIN = ROOT / "python/tpu_mlir/bin"
NATIVE = ("tpuc-opt", "tpuc-sim", "bmodel-tool")
pytestmark = needs_core

Files = dict[str, bytes]


def command(words: str) -> list[str]:
    """The argument list of a tool's command line."""
    name, *rest = words.split()
    if name in NATIVE:
        found = shutil.which(name)
        if found is None:
            pytest.skip(f"{name} is not on the path")
        return [found, *rest]
    return [sys.executable, str(BIN / name), *rest]


@dataclass
class Result:
    code: int
    out: str
    err: str


def run(words: str, folder: Path, limit: int | None = None, stdout: Path | None = None) -> Result:
    """Runs a tool in `folder`; no file may grow beyond `limit` bytes."""

    def limits() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    with stdout.open("wb") if stdout else subprocess_pipe() as sink:
        done = subprocess.run(
            command(words), cwd=folder, stdout=sink, stderr=subprocess.PIPE, preexec_fn=limits, check=False,
            text=True, errors="replace",
        )  # fmt: skip
    return Result(done.returncode, done.stdout or "", done.stderr)


class subprocess_pipe:
    """subprocess.PIPE where a `with` is wanted."""

    def __enter__(self) -> int:
        return subprocess.PIPE

    def __exit__(self, *_: object) -> None:
        return None


def assert_one_sentence(result: Result, *parts: str) -> None:
    """Exit code 1 and one line on stderr that says `error:` (tpuc-opt also shows the place) and one of `parts`."""
    assert result.code == 1, (result.code, result.err)
    told = [line for line in result.err.splitlines() if "error:" in line]
    assert len(told) == 1 and "Traceback" not in result.err and "internal error" not in result.err, result.err
    assert not parts or any(part in told[0].lower() for part in parts), result.err


def contents(folder: Path) -> Files:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


# The road of a small network, as commands. What each leaves is the next one's input.
ROAD = {
    "transform": "model_transform.py --model_name net --model_def net.onnx --mlir net.mlir --test_input in.npz"
    " --test_result top.npz --tolerance 0.99,0.99",
    "calibrate": "run_calibration.py net.mlir --data_list list.txt --input_num 1 -o table",
    "deploy": "model_deploy.py --mlir net.mlir --quantize INT8 --calibration_table table --chip bm1684x"
    " --model net.bmodel --test_input in.npz --test_reference top.npz --tolerance 0.5,0.2",
    "run": "model_runner.py --input in.npz --model net.bmodel --dump_all_tensors --output out.npz",
    "extract": "npz_tool.py extract top.npz dense.npz y_Relu",
    "rename": "npz_tool.py rename top.npz y_Relu other -o renamed.npz",
    "optimise": "tpuc-opt net_origin.mlir --shape-infer --cancel-permutes --canonicalize --extra-optimize -o opt.mlir",
    "save": "tpuc-opt net.mlir --save-weight=file=saved.npz -o saved.mlir",
    "generate": "tpuc-opt net_bm1684x_int8_sym_final.mlir --codegen=model_file=made.bmodel -o made.mlir",
    "simulate": "tpuc-sim net.bmodel --input in.npz --output sim.npz --dump-all-tensors",
    "disassemble": "bmodel-tool dis net.bmodel -o net.txt",
    "unpack": "bmodel-tool extract net.bmodel -o parts",
}


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which every command of the road has run."""
    folder = tmp_path_factory.mktemp("road")
    (folder / "net.onnx").write_bytes(conv_relu().SerializeToString())
    rng = np.random.default_rng(1)
    np.savez(folder / "in.npz", x=rng.standard_normal((1, 3, 8, 8)).astype(np.float32))
    (folder / "list.txt").write_text("in.npz\n")
    for words in ROAD.values():
        result = run(words, folder)
        assert result.code == 0, (words, result.out, result.err)
    return folder


@pytest.fixture
def copied(road: Path, tmp_path: Path) -> Path:
    """A copy of the road's folder."""
    return Path(shutil.copytree(road, tmp_path / "road"))


# Sentences on a full disk differ by who noticed.
FULL = ("no space left", "file too large", "cannot write", "cannot be written")


@pytest.fixture
def small_disk(tmp_path: Path, road: Path) -> Iterator[Callable[[int], Path]]:
    """Mounts a disk that holds a copy of the road's folder and a number of bytes more."""
    mounted: list[Path] = []

    def mount(spare: int) -> Path:
        pages = sum((p.stat().st_size + 4095) // 4096 + 1 for p in road.rglob("*")) + 2
        disk = tmp_path / f"disk{len(mounted)}"
        disk.mkdir()
        words = ["mount", "-t", "tmpfs", "-o", f"size={pages * 4096 + spare}", "tmpfs", str(disk)]
        if os.geteuid() != 0 or subprocess.run(words, capture_output=True, check=False).returncode:
            pytest.skip("needs the right to mount a tmpfs")
        mounted.append(disk)
        shutil.copytree(road, disk, dirs_exist_ok=True)
        # What is spare is spare: the rest is filled, and one page can be had.
        filler = disk / "filler"
        with filler.open("wb") as file:
            room = os.statvfs(disk)
            file.write(bytes(max(0, room.f_bavail * room.f_bsize - spare)))
        return disk

    yield mount
    for disk in mounted:
        subprocess.run(["umount", str(disk)], check=True)


def assert_whole(folder: Path, finished: Files) -> None:
    """Every file is as a run that went well leaves it, which is also as it was before; no temporary file stays."""
    now = contents(folder)
    assert set(finished) <= set(now), set(finished) - set(now)
    for name, data in now.items():
        if name == "filler":
            continue
        assert not Path(name).name.startswith("."), f"'{name}' stayed behind"
        assert data == finished.get(name), f"'{name}' is half-written"


@pytest.mark.parametrize("step", ROAD)
def test_a_full_disk_is_a_sentence(step: str, road: Path, small_disk: Callable[[int], Path]) -> None:
    finished = contents(road)
    disk = small_disk(0)
    result = run(ROAD[step], disk)
    assert_one_sentence(result, *FULL)
    assert_whole(disk, finished)


@pytest.mark.parametrize("step", ROAD)
def test_a_file_that_cannot_grow_is_a_sentence(step: str, road: Path, copied: Path) -> None:
    finished = contents(road)
    result = run(ROAD[step], copied, limit=100)
    assert_one_sentence(result, *FULL)
    assert_whole(copied, finished)


@pytest.mark.parametrize(
    "words",
    [
        "npz_tool.py dump top.npz",
        "model_runner.py --input in.npz --model net.bmodel --output out.npz",
        "bmodel-tool info net.bmodel",
        "bmodel-tool dis net.bmodel",
        "tpuc-opt net.mlir",
        "tpuc-sim net.bmodel --input in.npz",
    ],
)
def test_standard_output_that_is_full_is_a_sentence(words: str, copied: Path) -> None:
    assert_one_sentence(run(words, copied, stdout=Path("/dev/full")), *FULL)


INPUTS = {
    "transform": ["net.onnx", "in.npz"],
    "calibrate": ["net.mlir", "list.txt", "in.npz", "net_top_f32_all_weight.npz"],
    "deploy": ["net.mlir", "table", "in.npz", "top.npz", "net_top_f32_all_weight.npz"],
    "run": ["net.bmodel", "in.npz"],
    "extract": ["top.npz"],
    "rename": ["top.npz"],
    "optimise": ["net_origin.mlir", "net_top_f32_all_origin_weight.npz"],
    "generate": ["net_bm1684x_int8_sym_final.mlir", "net_bm1684x_int8_sym_final_weight.npz"],
    "simulate": ["net.bmodel", "in.npz"],
    "disassemble": ["net.bmodel"],
    "unpack": ["net.bmodel"],
}
DAMAGE: dict[str, Callable[[Path], object]] = {
    "missing": lambda p: p.unlink(),
    "empty": lambda p: p.write_bytes(b""),
    "truncated": lambda p: p.write_bytes(p.read_bytes()[: p.stat().st_size * 2 // 3]),
    "foreign": lambda p: p.write_bytes(np.random.default_rng(3).bytes(2000)),
    "a folder": lambda p: (p.unlink(), p.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize(("step", "name"), [(s, n) for s, names in INPUTS.items() for n in names])
def test_an_input_that_cannot_be_read_is_a_sentence(step: str, name: str, damage: str, copied: Path) -> None:
    before = contents(copied)
    DAMAGE[damage](copied / name)
    changed = contents(copied)
    assert_one_sentence(run(ROAD[step], copied))
    for path, data in contents(copied).items():
        assert data in (changed.get(path), before.get(path)), f"'{path}' is half-written"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("step", ["transform", "calibrate", "deploy", "run"])
def test_an_interruption_leaves_whole_files(step: str, number: signal.Signals, road: Path, tmp_path: Path) -> None:
    """The signal comes at several moments of the run; what has been finished by then is whole."""
    finished = contents(road)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs are born deaf to it
    started = time.monotonic()
    assert run(ROAD[step], Path(shutil.copytree(road, tmp_path / "timed"))).code == 0
    duration = time.monotonic() - started
    stopped = 0
    for moment in range(25):
        if stopped and moment >= 5:  # a quick tool may be done before the later signals
            break
        folder = Path(shutil.copytree(road, tmp_path / f"stopped{moment}"))
        process = subprocess.Popen(
            command(ROAD[step]), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        wait_for_main(process)
        time.sleep(duration * (moment % 5) / 8)
        process.send_signal(number)
        err = process.communicate(timeout=120)[1]
        # A signal behind the last line of a tool ends Python by its own rules.
        if process.returncode and not (process.returncode == -number and not err):
            stopped += 1
            assert process.returncode == 128 + number, f"exit code {process.returncode}:\n{err}"
            assert err == "error: interrupted; no file was left half-written\n"
        assert_whole(folder, finished)
    assert stopped >= 1


def wait_for_main(process: subprocess.Popen[str]) -> None:
    """Python runs a tool's main, and no longer its own start-up, once a first module of the package is in memory."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        maps = Path(f"/proc/{process.pid}/maps").read_text()
        if "numpy" in maps or "onnx" in maps or "pymlir" in maps:
            return
        time.sleep(0.005)


def test_a_read_only_folder_is_a_sentence(copied: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    copied.chmod(0o500)
    try:
        for step in ("calibrate", "optimise", "generate", "extract"):
            assert_one_sentence(run(ROAD[step], copied))
    finally:
        copied.chmod(0o700)


@pytest.mark.parametrize("words", [ROAD[s] for s in ("optimise", "save", "generate", "simulate", "disassemble")])
def test_output_into_a_missing_folder_is_a_sentence(words: str, copied: Path) -> None:
    before = contents(copied)
    flags: Sequence[str] = words.split()
    elsewhere = " ".join("nowhere/" + w if flags[i - 1] in ("-o", "--output") else w for i, w in enumerate(flags))
    assert_one_sentence(run(elsewhere, copied), "nowhere")
    for name, data in contents(copied).items():
        assert before.get(name, data) == data or name.endswith((".npz", ".bmodel"))
