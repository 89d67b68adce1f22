"""Refuses outputs that would destroy something, before anything is written.

An output is refused where it is an input of the same run or another output (by file, not by name), and where its
suffix says that it is a file of another kind.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import UserError
from .files import require_folder
from .frontend.core.front_ends import words as model_words
from .preprocess import IMAGE_SUFFIXES

# What a suffix promises, besides those of models; a file of another kind under it would be taken for one, or replace
# one.
_KINDS = {
    ".mlir": "a network in MLIR",
    ".bmodel": "a compiled model",
    ".npz": "named tensors",
    ".npy": "a tensor",
    ".html": "a page",
    ".json": "JSON",
    **dict.fromkeys(IMAGE_SUFFIXES, "a picture"),
}


@dataclass(frozen=True)
class Output:
    """A file to be written: the flag (or words) that asked for it, and the suffixes of its kind."""

    flag: str
    path: Path
    suffixes: tuple[str, ...] = ()


Input = tuple[str, Path | str | None]  # flag (or words), path


def check_outputs(outputs: Sequence[Output], inputs: Sequence[Input]) -> None:
    """UserError for the first output that is an input, another output, of another kind, or cannot be written."""
    given = [(flag, Path(path)) for flag, path in inputs if path is not None]
    given += [("the network's weights,", weights) for _, path in given if (weights := weights_of(path)) is not None]
    for number, output in enumerate(outputs):
        _check_suffix(output)
        for flag, path in given:
            if _is_same(output.path, path):
                raise UserError(
                    f"{output.flag} '{output.path}' would replace an input of this run ({flag} '{path}'); "
                    f"give it a name of its own"
                )
        for other in outputs[:number]:
            if _is_same(output.path, other.path):
                raise UserError(
                    f"{output.flag} '{output.path}' and {other.flag} '{other.path}' are one file; "
                    f"give each a name of its own"
                )
        require_folder(output.path)


def _check_suffix(output: Output) -> None:
    suffix = output.path.suffix.lower()
    kinds = {**_KINDS, **model_words()}
    if suffix in kinds and suffix not in output.suffixes:
        must = output.suffixes and output.suffixes[0] in kinds
        wanted = f"end in {output.suffixes[0]}" if must else "have another suffix, or none"
        raise UserError(
            f"{output.flag} '{output.path}' has the suffix of another kind of file ({kinds[suffix]}); "
            f"its name must {wanted}"
        )


def _is_same(a: Path, b: Path) -> bool:
    """Whether writing `a` would change `b`: one regular file, behind symbolic links. Devices are never changed, and a
    file is replaced by rename, which leaves its other names (hard links) what they were."""
    try:
        status = a.stat()
        if not stat.S_ISREG(status.st_mode):
            return False
        if status.st_nlink == 1 and a.samefile(b):
            return True
    except OSError:  # one of them does not exist yet
        pass
    return os.path.realpath(a) == os.path.realpath(b)


def weights_of(path: Path) -> Path | None:
    """The weight file that a .mlir names, looked for where it is read; None where there is none."""
    if path.suffix.lower() != ".mlir":
        return None
    try:
        with path.open("rb") as file:
            named = re.search(rb'module\.weight_file = "((?:[^"\\]|\\.)+)"', file.read(1 << 16))
    except OSError:
        return None
    if named is None:
        return None
    # MLIR writes what is no plain character as a backslash and two hexadecimal digits.
    plain = re.sub(
        rb"\\([0-9A-Fa-f]{2}|.)",
        lambda at: bytes.fromhex(at[1].decode()) if len(at[1]) == 2 else bytes(at[1]),
        named[1],
    )
    name = os.fsdecode(plain)
    return next((p for p in (path.parent / name, Path(name)) if p.is_file()), None)
