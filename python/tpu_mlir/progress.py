"""What a tool says while it works: one line per stage, with its seconds as it ends, and a bar for long loops."""

from __future__ import annotations

import contextlib
import contextvars
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO, TypeVar

from .errors import shortened

T = TypeVar("T")


# The stage whose line has begun and not ended, in this thread of work.
_open: contextvars.ContextVar[Stages | None] = contextvars.ContextVar("open stage", default=None)


class Stages:
    """Prints `title ...` as each stage begins and ` 0.31 s` behind it as it ends; keeps the seconds for a summary."""

    def __init__(self, quiet: bool = False, stream: TextIO | None = None) -> None:
        self.quiet = quiet
        self.stream = stream
        self.seconds: dict[str, float] = {}
        self._interrupted = False

    @contextlib.contextmanager
    def stage(self, title: str) -> Iterator[None]:
        start = time.perf_counter()
        self._interrupted = False
        self._print(f"{title} ...")
        token = _open.set(self)
        ending = " stopped"
        try:
            yield
            seconds = time.perf_counter() - start
            self.seconds[title] = self.seconds.get(title, 0.0) + seconds
            ending = f" {seconds:.2f} s"
        finally:
            _open.reset(token)
            self._print((f"{title} ..." if self._interrupted else "") + f"{ending}\n")

    def interrupt(self) -> None:
        """Ends the open line, so that something else can be said; the stage's end repeats its title."""
        if not self._interrupted:
            self._interrupted = True
            self._print("\n")

    def _print(self, text: str) -> None:
        if not self.quiet:
            print(text, end="", file=self.stream or sys.stdout, flush=True)

    @property
    def total(self) -> float:
        return sum(self.seconds.values())


def warn(message: str) -> None:
    """One line on stderr about something that was worked around."""
    _tell(f"warning: {message}")


def note(message: str) -> None:
    """One line on stderr about something that the user may not have meant."""
    _tell(f"note: {message}")


def _tell(line: str) -> None:
    """`line` on stderr, on a line of its own even while a stage's line is open."""
    stage = _open.get()
    if stage is not None:
        stage.interrupt()
    print(shortened(line), file=sys.stderr, flush=True)


def listed(examples: Sequence[str], shown: int = 3) -> str:
    """All of a few, or the first of many and how many more there are: a complaint of one kind is one line."""
    left = len(examples) - shown
    return ", ".join(examples[:shown]) + (f" and {left} more" if left > 0 else "")


def bar(items: Iterable[T], title: str, total: int | None = None) -> Iterable[T]:
    """`items` with a progress bar on stderr when that is a terminal, else unchanged."""
    if not sys.stderr.isatty():
        return items
    from tqdm import tqdm

    return tqdm(items, desc=title, total=total, leave=False)


def human_count(value: float) -> str:
    """1234567 -> '1.23 M'."""
    for unit in ("", " k", " M", " G", " T"):
        if abs(value) < 1000 or unit == " T":
            return f"{value:.0f}" if unit == "" else f"{value:.2f}{unit}"
        value /= 1000
    raise AssertionError("unreachable")
