"""Damaged .mlir files end no tool: they are refused with a sentence, or compiled.

The quick tests try a few thousand mutants on the build that is on the path. The slow one tries many more on a build
with sanitizers, named by TPU_MLIR_ASAN_BUILD:

    cmake -S . -B build-asan-core -G Ninja -DTPU_MLIR_SANITIZE=ON ... && ninja -C build-asan-core tpuc-opt
    TPU_MLIR_ASAN_BUILD=build-asan-core pytest test/fuzz -m slow
"""

from __future__ import annotations

import importlib.util
import os
import random
import re
import shutil
import sys
from pathlib import Path

import pytest
from mlir_batches import PIPELINES, Crash, Mutant, Runner, fuzz, minimise, mutants
from mlir_seeds import Seed, make_seeds
from mutate_mlir import mutate

SEED = 20
HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    tool = shutil.which("tpuc-opt")
    if tool is None:
        pytest.skip("tpuc-opt is not on the path; source envsetup.sh")
    return Runner(Path(tool), tmp_path_factory.mktemp("mutants"), sanitized=False)


@pytest.fixture(scope="module")
def seeds(runner: Runner) -> list[Seed]:
    return make_seeds(runner.tool, runner.folder)


def report(runner: Runner, crashes: list[Crash]) -> str:
    """The kinds of crash, each with the smallest module that shows it and the way to see it again."""
    kinds = {c.title(): c for c in crashes}
    texts = []
    for title, crash in kinds.items():
        small = minimise(runner, crash).mutant
        texts.append(f"{title}\n{crash.mutant.name}: tpuc-opt {' '.join(small.passes)} on\n{small.text}")
    return f"{len(crashes)} mutants end tpuc-opt\n" + "\n".join(texts)


def test_every_stage_is_a_seed(seeds: list[Seed]) -> None:
    assert {s.stage for s in seeds} == set(PIPELINES)
    operations = " ".join(s.text for s in seeds)
    assert re.search(r"#tpu.group<id = \d+, n = \d+, h = (?!1,)\d+", operations), "no group in slices"
    for name in (
        "BatchNorm",
        "Conv2D",
        "MatMul",
        "Pool2D",
        "tpu.Lut",
        "tpu.Pad",
        "#tpu.tile",
        "#tpu.group",
        "joins = true",
        "stored = false",
        "tpu.Unfold",
        "conv_nic",
    ):
        assert name in operations, name


def test_a_seed_names_its_mutants(seeds: list[Seed]) -> None:
    first, again = ([m.text for m in mutants(seeds, 3, 50)] for _ in range(2))
    assert first == again and len(set(first)) == 50
    assert first != [m.text for m in mutants(seeds, 4, 50)]


def test_mutants_reach_the_passes(runner: Runner, seeds: list[Seed]) -> None:
    """A fuzzer whose mutants all fail to parse, or all pass, finds nothing."""
    whole = [s for s in seeds if s.stage == "addressed"]
    texts = [mutate(random.Random(i), whole[i % len(whole)].text) for i in range(80)]
    accepted = sum(runner.accepts(Mutant("x", (), text)) for text in texts)
    assert 5 <= accepted <= 75


@pytest.mark.parametrize("part", range(4))
def test_no_mutant_ends_tpuc_opt(runner: Runner, part: int) -> None:
    found = fuzz(runner, SEED + part, 700, first_only=True)
    assert not found, report(runner, found)


def test_a_refused_module_gets_a_sentence(runner: Runner, seeds: list[Seed]) -> None:
    for mutant in mutants(seeds, SEED, 60):
        (runner.folder / "one.mlir").write_text(mutant.text, errors="surrogateescape")
        (runner.folder / "one.out.mlir").write_text("before")
        command = [str(runner.tool), "one.mlir", *mutant.passes, "-o", "one.out.mlir"]
        done = runner.limited(command, runner.folder, seconds=20)
        told = done.stderr
        written = (runner.folder / "one.out.mlir").read_text() != "before"
        assert done.returncode == (0 if written else 1), f"{mutant.name}: {told}"
        assert written or "error: " in told, f"{mutant.name} {' '.join(mutant.passes)} is refused without a sentence"
        assert "LLVM ERROR" not in told and "Stack dump" not in told, told


@pytest.mark.skipif(importlib.util.find_spec("pymlir") is None, reason="'pymlir' is not on the path")
def test_no_mutant_ends_the_interpreters(runner: Runner, seeds: list[Seed]) -> None:
    folder = runner.folder / "interpreted"
    folder.mkdir(exist_ok=True)
    for weights in runner.folder.glob("*.npz"):
        shutil.copy(weights, folder)
    files = []
    for mutant in mutants(seeds, SEED + 9, 400):
        file = folder / f"{mutant.name}.mlir"
        file.write_text(mutant.text, errors="surrogateescape")
        files.append(file.name)
    done = runner.limited([sys.executable, str(HERE / "mlir_interpret.py"), *files], folder, seconds=120)
    last = [line for line in done.stdout.splitlines() if line.endswith(".mlir")][-1:]
    assert done.returncode == 0, f"{last} ends the process with {done.returncode}:\n{done.stderr[-3000:]}"
    assert done.stdout.count("['ran']") > 10, done.stdout[-2000:]


@pytest.mark.slow
def test_no_mutant_ends_the_sanitized_build(tmp_path: Path) -> None:
    build = os.environ.get("TPU_MLIR_ASAN_BUILD")
    if not build:
        pytest.skip("TPU_MLIR_ASAN_BUILD names no build with sanitizers")
    runner = Runner((Path(build) / "bin" / "tpuc-opt").resolve(), tmp_path, sanitized=True)
    found = fuzz(runner, SEED, 20000, first_only=True)
    assert not found, report(runner, found)
