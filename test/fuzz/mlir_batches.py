"""Runs mutants through tpuc-opt, many to a process, and finds those that end it.

A module may be refused or compiled; it may not crash, fail an assertion or a sanitizer's check, take more memory than
`MEMORY_BYTES`, or never end. Where a batch ends badly it is halved until the culprits stand alone. Decides no mutation.

    python test/fuzz/mlir_batches.py --tool build/bin/tpuc-opt --seed 7 --count 5000 --keep crashes/
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mlir_seeds import ASSIGN_PASSES, FINAL_PASSES, TOP_PASSES, Seed, make_seeds
from mutate_mlir import mutate

MEMORY_BYTES = 3 << 30
BATCH = 200
# Processor time: a batch takes a second or two, a single module milliseconds.
BATCH_SECONDS, SINGLE_SECONDS = 30, 8

_CODEGEN = ("--codegen=model_file=out.bmodel",)
_FINAL = (*FINAL_PASSES, *_CODEGEN)


def _lower(mode: str) -> tuple[str, ...]:
    return (f"--convert-top-to-tpu=mode={mode}", "--canonicalize", "--weight-fold")


# What a module of each stage goes through: one step of the road, and all the rest of it.
PIPELINES: dict[str, list[tuple[str, ...]]] = {
    "top": [
        (),
        TOP_PASSES,
        ("--convert-bn-to-scale", "--fold-scale", "--fuse-scale-into-conv"),
        (*TOP_PASSES, *ASSIGN_PASSES, *_lower("F32"), *_FINAL),
    ],
    "optimised": [TOP_PASSES, (*ASSIGN_PASSES, *_lower("F32"), *_FINAL)],
    "calibrated": [(), ("--processor-top-optimize", *_lower("INT8")), (*_lower("INT8"), *_FINAL)],
    "lowered": [
        (),
        ("--canonicalize", "--weight-fold"),
        ("--strip-io-quant=quant_input=1 quant_output=1", *_FINAL[1:]),
    ],
    "addressed": [
        (),
        _CODEGEN,
        ("--layer-group=lmem=65536", "--address-assign", *_CODEGEN),
        ("--address-assign", *_CODEGEN),
        _FINAL,
    ],
}


@dataclass(frozen=True)
class Mutant:
    name: str  # the seed's name and the number that reproduces it
    passes: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Crash:
    mutant: Mutant
    why: str  # signal, exit code or time limit
    stderr: str

    def title(self) -> str:
        """The line that tells one bug from another."""
        rows = self.stderr.splitlines()
        told = [r for r in rows if "runtime error:" in r or "Assertion" in r or "what():" in r or "SUMMARY" in r]
        return f"{self.why}: {told[0].strip()[:200] if told else '(nothing on stderr)'}"


def mutants(seeds: list[Seed], seed: int, count: int) -> Iterator[Mutant]:
    """`count` mutants, spread over all seeds and pipelines; the same for the same arguments."""
    chooser = random.Random(seed)
    for number in range(count):
        parent = chooser.choice(seeds)
        passes = chooser.choice(PIPELINES[parent.stage])
        yield Mutant(f"{parent.name}-{seed}-{number}", passes, mutate(random.Random(f"{seed}-{number}"), parent.text))


def _limits(sanitized: bool, seconds: int) -> None:
    # A sanitizer reserves address space by the terabyte; it has a limit of its own.
    if not sanitized:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 28, 1 << 28))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


class Runner:
    """Runs batches of mutants in `folder`, where the seeds' weight files are."""

    def __init__(self, tool: Path, folder: Path, sanitized: bool) -> None:
        self.tool, self.folder, self.sanitized = tool, folder, sanitized
        self.environment = dict(os.environ)
        if sanitized:
            megabytes = MEMORY_BYTES >> 20
            self.environment["ASAN_OPTIONS"] = (
                f"abort_on_error=1:detect_leaks=0:allow_user_poisoning=0:max_allocation_size_mb={megabytes}"
                f":hard_rss_limit_mb={megabytes}:allocator_may_return_null=0"
            )
            self.environment["UBSAN_OPTIONS"] = "print_stacktrace=1"

    def run(self, batch: list[Mutant]) -> tuple[str, str]:
        """Why the process ended badly, or nothing, and its stderr. All mutants have the same passes."""
        (self.folder / "batch.mlir").write_text("\n// -----\n".join(m.text for m in batch), errors="surrogateescape")
        command = [str(self.tool), "batch.mlir", "--split-input-file", *batch[0].passes, "-o", "out.mlir"]
        done = self.limited(command, self.folder, BATCH_SECONDS if len(batch) > 1 else SINGLE_SECONDS)
        if done.returncode in (0, 1):
            return "", done.stderr
        if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
            return "time limit", done.stderr
        why = f"signal {-done.returncode}" if done.returncode < 0 else f"exit code {done.returncode}"
        return why, done.stderr

    def limited(self, command: list[str], folder: Path, seconds: int) -> subprocess.CompletedProcess[str]:
        """Runs a command with limits on memory, file sizes and processor time."""
        seconds *= 6 if self.sanitized else 1
        return subprocess.run(
            command, cwd=folder, capture_output=True, text=True, errors="replace", env=self.environment, check=False,
            preexec_fn=lambda: _limits(self.sanitized, seconds),
        )  # fmt: skip

    def accepts(self, mutant: Mutant) -> bool:
        """Whether the mutant alone goes through its passes."""
        (self.folder / "single.mlir").write_text(mutant.text, errors="surrogateescape")
        command = [str(self.tool), "single.mlir", *mutant.passes, "-o", "single.out.mlir"]
        return self.limited(command, self.folder, SINGLE_SECONDS).returncode == 0

    def crashes(self, batch: list[Mutant], first_only: bool = False) -> list[Crash]:
        """The mutants of a batch that end the process."""
        why, told = self.run(batch)
        if not why:
            return []
        if len(batch) == 1:
            return [Crash(batch[0], why, told)]
        middle = len(batch) // 2
        found = self.crashes(batch[:middle], first_only)
        return found if found and first_only else found + self.crashes(batch[middle:], first_only)


def minimise(runner: Runner, crash: Crash) -> Crash:
    """The same crash from as few lines as taking blocks of lines away leaves."""
    lines, size = crash.mutant.text.split("\n"), len(crash.mutant.text.split("\n")) // 2
    while size:
        at = 0
        while at < len(lines):
            rest = lines[:at] + lines[at + size :]
            found = runner.crashes([replace(crash.mutant, text="\n".join(rest))])
            if found and found[0].title() == crash.title():
                lines, crash = rest, found[0]
            else:
                at += size
        size //= 2
    return crash


def fuzz(runner: Runner, seed: int, count: int, first_only: bool = False) -> list[Crash]:
    """Runs `count` mutants; returns what crashed. `first_only`: one crash of each batch is enough."""
    waiting: dict[tuple[str, ...], list[Mutant]] = {}
    found: list[Crash] = []
    for mutant in mutants(make_seeds(runner.tool, runner.folder), seed, count):
        batch = waiting.setdefault(mutant.passes, [])
        batch.append(mutant)
        if len(batch) == BATCH:
            found += runner.crashes(waiting.pop(mutant.passes), first_only)
    for batch in waiting.values():
        found += runner.crashes(batch, first_only)
    return found


def keep(crash: Crash, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{crash.mutant.name}.mlir").write_text(crash.mutant.text, errors="surrogateescape")
    report = f"{' '.join(crash.mutant.passes)}\n{crash.title()}\n{crash.stderr[-20000:]}"
    (folder / f"{crash.mutant.name}.txt").write_text(report, errors="surrogateescape")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--tool", type=Path, required=True, help="tpuc-opt of the build to try")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--sanitized", action="store_true", help="the build has AddressSanitizer")
    parser.add_argument("--first-only", action="store_true", help="report one crash of each batch")
    parser.add_argument("--keep", type=Path, help="folder for one small module of each kind of crash")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(arguments.tool.resolve(), Path(folder), arguments.sanitized)
        by_title: dict[str, list[Crash]] = {}
        found = fuzz(runner, arguments.seed, arguments.count, arguments.first_only)
        for crash in found:
            by_title.setdefault(crash.title(), []).append(crash)
        for title, crashes in by_title.items():
            print(f"{len(crashes)} x {title}\n    {crashes[0].mutant.name} {' '.join(crashes[0].mutant.passes)}")
            if arguments.keep:
                keep(minimise(runner, crashes[0]), arguments.keep)
    print(f"{arguments.count} mutants, {len(found)} crashes")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
