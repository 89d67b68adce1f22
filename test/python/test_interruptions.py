"""Interruptions at unlucky moments: one line, exit code 128 and the signal's number, nothing half-written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import ROOT

from tpu_mlir.errors import run_main
from tpu_mlir.files import publish


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_that_python_drops_is_not_lost(number: signal.Signals, capfd: pytest.CaptureFixture) -> None:
    """In a destructor an exception is only printed; the tool stops all the same, and prints one line."""

    class Unlucky:
        def __del__(self) -> None:
            os.kill(os.getpid(), number)
            for _ in range(1000):
                pass

    @run_main
    def main(argv: Sequence[str] | None = None) -> int:
        Unlucky()
        time.sleep(5)
        return 0

    assert main([]) == 128 + number
    assert capfd.readouterr().err == "error: interrupted; no file was left half-written\n"


def test_a_second_interruption_does_not_break_the_cleaning_up(tmp_path: Path) -> None:
    @run_main
    def main(argv: Sequence[str] | None = None) -> int:
        try:
            (tmp_path / "half").write_text("x")
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.05)
            (tmp_path / "half").unlink()
        return 0

    assert main([]) == 130
    assert not list(tmp_path.iterdir())


def test_files_that_belong_together_appear_together(tmp_path: Path) -> None:
    """An interruption between two of them waits."""
    for name in ("a", "b"):
        (tmp_path / f"new {name}").write_text(name)

    def moves() -> list[tuple[Path, Path]]:
        return [(tmp_path / f"new {name}", tmp_path / name) for name in ("a", "b")]

    class Interrupting(type(tmp_path)):  # type: ignore[misc]
        def replace(self, target: Path) -> Path:
            os.kill(os.getpid(), signal.SIGINT)
            return Path(super().replace(target))

    @run_main
    def main(argv: Sequence[str] | None = None) -> int:
        publish([(Interrupting(source), target) for source, target in moves()])
        time.sleep(5)
        return 0

    assert main([]) == 130
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


def test_an_interruption_while_an_archive_is_written_is_one_line(tmp_path: Path) -> None:
    """zipfile complains in its destructor when it was interrupted inside an entry."""
    script = (
        "import os, signal, sys\n"
        "from tpu_mlir.errors import run_main\n"
        "from tpu_mlir.npz import save_npz\n"
        "class Tensor:\n"
        "    def __array__(self, *args, **named):\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "        for _ in range(1000): pass\n"
        "        raise RuntimeError\n"
        "main = run_main(lambda argv: save_npz('x.npz', {'a': Tensor()}))\n"
        "sys.exit(main([]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT / "python")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (130, "error: interrupted; no file was left half-written\n")
    assert not list(tmp_path.iterdir())
