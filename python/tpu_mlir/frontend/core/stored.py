"""Arrays that lie in files instead of memory: where they lie, how they are read in pieces and let go of.

Which arrays are large enough is for a front end to say. Decides no format: an array's elements lie there as they are.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Iterator
from typing import Any

_PIECE = 8 << 20


class Spill:
    """Arrays that were computed and are too large to be kept in memory: a file that vanishes with the last of them."""

    def __init__(self) -> None:
        self._file: Any = None

    def keep(self, array: Any, kind: Any = None) -> Any:
        """The same elements, of type `kind` if that is given, in the file."""
        import numpy as np

        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115  # closed with its last user
        kind = np.dtype(kind or array.dtype)
        begin = append(self._file, array, kind)
        self._file.flush()
        kept: Any = np.memmap(f"/proc/self/fd/{self._file.fileno()}", kind, "r", begin, array.shape)
        return kept


def append(file: Any, array: Any, kind: Any) -> int:
    """Write the elements, as `kind`, behind all else in a file; returns where, a multiple of 64."""
    import numpy as np

    begin: int = file.seek(-file.seek(0, os.SEEK_END) % 64, os.SEEK_END)
    for piece in pieces(array):
        file.write(np.ascontiguousarray(piece, kind).data)
    return begin


def pieces(array: Any) -> Iterator[Any]:
    """Parts of an array, in order; what lies in a file is let go of on the way."""
    inner = array.reshape(-1) if array.flags.c_contiguous else array
    step = max(1, _PIECE * inner.shape[0] // max(1, array.nbytes)) if inner.ndim else 1
    for begin in range(0, inner.shape[0] if inner.ndim else 0, step):
        yield inner[begin : begin + step]
        if array.flags.c_contiguous:  # else the next part lies in the same pages
            release(array)
    release(array)


def release(array: Any) -> None:
    """Let go of the memory in which an array from a file lies; it is read again when it is used again."""
    root = _root(array)
    if root is not None:
        root._mmap.madvise(mmap.MADV_DONTNEED)


def place_of(array: Any) -> tuple[str, int] | None:
    """The file and the offset at which a C-ordered array lies there; None where it lies in memory."""
    root = _root(array)
    if root is None or not array.flags.c_contiguous:
        return None
    inside = array.__array_interface__["data"][0] - root.__array_interface__["data"][0]
    return str(root.filename), int(root.offset) + inside


def _root(array: Any) -> Any:
    """The memmap that an array is part of, or None."""
    import numpy as np

    root = None
    while isinstance(array, np.ndarray):
        if isinstance(array, np.memmap) and getattr(array, "_mmap", None) is not None:
            root = array
        array = array.base
    return root
