"""Which files one calibration sample is made of: all of one kind from a folder, or the lines of a list.

Only paths are held here; a sample is read when it is its turn, so memory does not grow with their number.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from ..errors import UserError, require_file
from ..names import split_list
from ..preprocess import IMAGE_SUFFIXES
from ..progress import warn

# Source: the vendor's selector shuffles with this seed, so the same folder and count give the same choice there.
SHUFFLE_SEED = 1684
_KINDS = {".npz": (".npz",), ".npy": (".npy",), "picture": IMAGE_SUFFIXES}

Sample = tuple[Path, ...]


def from_folder(folder: Path, count: int) -> list[Sample]:
    """`count` files (0: all) of the one kind that is found in `folder` and below, in a seeded order."""
    if not folder.is_dir():
        raise UserError(f"--dataset '{folder}' is not a folder")
    found = {
        kind: sorted(p for p in folder.rglob("*") if p.suffix.lower() in suffixes and p.is_file())
        for kind, suffixes in _KINDS.items()
    }
    kinds = [kind for kind, paths in found.items() if paths]
    if not kinds:
        raise UserError(f"--dataset '{folder}' holds no pictures ({', '.join(IMAGE_SUFFIXES)}), npz or npy files")
    if len(kinds) > 1:
        listed = ", ".join(f"{len(found[kind])} {kind} files" for kind in kinds)
        raise UserError(f"--dataset '{folder}' mixes kinds: {listed}; keep one kind")
    samples = [(path,) for path in found[kinds[0]]]
    random.Random(SHUFFLE_SEED).shuffle(samples)
    return _take(samples, count, f"--dataset '{folder}'")


def from_list(path: Path, count: int) -> list[Sample]:
    r"""The first `count` lines (0: all) of a list file; a line is one sample, its files separated by commas.

    A comma of a path is written '\,', unless the whole line is one file. A relative path is looked for from the current
    folder first, then beside the list.
    """
    try:
        lines = require_file(path, "--data_list").read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise UserError(f"--data_list '{path}' is not a text file") from error
    samples = []
    for number, line in enumerate(lines, 1):
        line = line.strip("\r")
        if line.strip() and not line.lstrip().startswith("#"):
            whole = _found(line, path)
            samples.append((whole,) if whole else tuple(_locate(name, path, number) for name in split_list(line)))
    if not samples:
        raise UserError(f"--data_list '{path}' names no files")
    return _take(samples, count, f"--data_list '{path}'")


def _found(name: str, list_path: Path) -> Path | None:
    return next((p for p in (Path(name), list_path.parent / name) if p.is_file()), None)


def _locate(name: str, list_path: Path, number: int) -> Path:
    found = _found(name, list_path)
    if found is not None:
        return found
    raise UserError(f"--data_list '{list_path}', line {number}: '{name}' does not exist")


def _take(samples: Sequence[Sample], count: int, where: str) -> list[Sample]:
    if count < 0:
        raise UserError(f"--input_num {count} must be 0 (all samples) or more")
    if count > len(samples):
        warn(f"{where} holds {len(samples)} samples, --input_num asks for {count}; all are used")
    return list(samples[:count] if count else samples)
