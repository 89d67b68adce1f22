"""Reading and writing .npz and .npy files of named tensors; broken files become sentences, writes are atomic."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import UserError, require_file
from .files import atomic_path

Tensors = dict[str, Any]  # name -> numpy.ndarray


def load_npz(path: Path | str, what: str = "npz file") -> Tensors:
    """All tensors of an .npz, in the order of the file.

    Raises UserError for a missing, truncated or foreign file, and for pickled objects, which are never loaded.
    """
    import numpy as np

    path = require_file(path, what)
    tensors: Tensors = {}
    entry = ""
    try:
        with path.open("rb") as file:
            start = file.read(4)
            if start == b"PK\x05\x06":
                raise UserError(f"{what} '{path}' holds no tensor")
            if start != b"PK\x03\x04":
                raise UserError(f"{what} '{path}' is not an npz file")
        with np.load(path, allow_pickle=False) as archive:
            for entry in archive.files:
                tensor = archive[entry]
                if not isinstance(tensor, np.ndarray):
                    raise UserError(f"{what} '{path}': entry '{entry}' is not a tensor")
                tensors[entry] = native(tensor)
    except UserError:
        raise
    except Exception as error:  # zipfile, its decompressors and numpy raise a dozen kinds for damaged files
        where = f" (entry '{entry}')" if entry else ""
        raise UserError(f"{what} '{path}' is damaged or is not an npz file{where}: {_first_line(error)}") from error
    return tensors


def load_npy(path: Path | str, what: str = "npy file") -> Any:
    """The tensor of an .npy file; errors as `load_npz`."""
    import numpy as np

    path = require_file(path, what)
    try:
        tensor = np.load(path, allow_pickle=False)
    except Exception as error:  # as above
        raise UserError(f"{what} '{path}' is damaged or is not an npy file: {_first_line(error)}") from error
    if not isinstance(tensor, np.ndarray):
        raise UserError(f"{what} '{path}' is not an npy file")
    return native(tensor)


def native(array: Any) -> Any:
    """`array` in this machine's byte order, which is what everything behind the readers takes it for."""
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def save_npz(path: Path | str, tensors: Mapping[str, Any]) -> None:
    """Write `tensors` uncompressed, in order; the same tensors give the same bytes."""
    import numpy as np

    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
        for name, tensor in tensors.items():
            if "\0" in name:
                raise UserError(f"'{path}' cannot hold a tensor whose name has a NUL in it: {name!r}")
            # A fixed date (ZipInfo's default, 1980) instead of now: reproducible files.
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.asarray(tensor), allow_pickle=False)


def _first_line(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    return text[0] if text else type(error).__name__
