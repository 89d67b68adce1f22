"""What a tool says while it works: one line per finished stage with its seconds, and a bar for long loops."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO, TypeVar

from .errors import shortened

T = TypeVar("T")


class Stages:
    """Prints `[ 0.31 s] what it did` as each stage ends, and keeps the seconds for a summary."""

    def __init__(self, quiet: bool = False, stream: TextIO | None = None) -> None:
        self.quiet = quiet
        self.stream = stream
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def stage(self, title: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        seconds = time.perf_counter() - start
        self.seconds[title] = self.seconds.get(title, 0.0) + seconds
        self.say(f"[{seconds:6.2f} s] {title}")

    def say(self, line: str) -> None:
        if not self.quiet:
            print(line, file=self.stream or sys.stdout, flush=True)

    @property
    def total(self) -> float:
        return sum(self.seconds.values())


def warn(message: str) -> None:
    """One line on stderr about something that was worked around."""
    print(f"warning: {shortened(message)}", file=sys.stderr, flush=True)


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
