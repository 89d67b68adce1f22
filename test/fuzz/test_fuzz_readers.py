"""Whatever is wrong with a file, its reader takes it or refuses it with a sentence: no trace, no signal, no long wait.

A finding names its number; the file can be had by
`python test/fuzz/fuzz_reader.py READER SEEDS NUMBER 1 KEEP`, where SEEDS is a folder that reader_seeds.py filled.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fuzz_reader import READERS

HERE = Path(__file__).resolve().parent
QUICK, SLOW = 1000, 30000
pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("pymlir") is None or shutil.which("bmodel-tool") is None,
    reason="'pymlir' and the tools are not on the path",
)


def _environment() -> dict[str, str]:
    """Ours; where the compiled module needs a sanitizer's runtime, a process that loads it begins with that."""
    runtime = os.environ.get("TPU_MLIR_SANITIZED")
    return {**os.environ, **({"LD_PRELOAD": runtime} if runtime else {})}


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seeds")
    words = [sys.executable, str(HERE / "reader_seeds.py"), str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=_environment())
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@dataclass
class Outcome:
    """How many files a reader took and refused, and what is wrong with how."""

    taken: int = 0
    refused: int = 0
    wrong: list[str] = field(default_factory=list)


def give(reader: str, seeds: Path, count: int, first: int = 0, most: int = 10) -> Outcome:
    """Gives `count` damaged files to a reader; stops after `most` findings."""
    outcome = Outcome()
    last = first + count
    while first < last and len(outcome.wrong) < most:
        words = [sys.executable, str(HERE / "fuzz_reader.py"), reader, str(seeds), str(first), str(last - first)]
        with subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=_environment()
        ) as process:
            out, err = process.communicate(timeout=600 + count / 2)
        number = first
        for line in out.splitlines():
            number, code, told = line.split(" ", 2) if line.count(" ") > 1 else (line, "", '""')
            outcome.taken += code == "0"
            outcome.refused += code == "1"
            if json.loads(told):
                outcome.wrong.append(f"{number}: {json.loads(told)}")
        if process.returncode:
            outcome.wrong.append(f"{number}: ends the process with {process.returncode}: {err[-1500:]}")
        first = int(number) + 1 if process.returncode else last
    return outcome


def check(reader: str, outcome: Outcome) -> None:
    assert not outcome.wrong, f"{len(outcome.wrong)} findings:\n" + "\n".join(outcome.wrong)
    # A fuzzer whose files are all refused, or all taken, finds nothing.
    assert min(outcome.taken, outcome.refused) > (outcome.taken + outcome.refused) // 50, outcome


@pytest.mark.parametrize("reader", READERS)
def test_a_damaged_file_is_a_result_or_a_sentence(reader: str, seeds: Path) -> None:
    check(reader, give(reader, seeds, QUICK // READERS[reader].every))


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS)
def test_more_damaged_files_are_results_or_sentences(reader: str, seeds: Path) -> None:
    check(reader, give(reader, seeds, SLOW // READERS[reader].every, first=QUICK))


def test_a_number_names_a_file(seeds: Path, tmp_path: Path) -> None:
    """The same number gives the same file, and most files are not the seed."""
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        words = [sys.executable, str(HERE / "fuzz_reader.py"), "table", str(seeds), "5", "20", str(tmp_path / folder)]
        subprocess.run(words, capture_output=True, check=True)
    one, two = ([p.read_bytes() for p in sorted((tmp_path / folder).iterdir())] for folder in ("one", "two"))
    assert one == two and len(set(one)) > 10
