"""Small npz files for lit tests, without numpy: made from a test's `// WEIGHT` lines, or printed as text.

A line `// WEIGHT conv_filter f4 [2, 1, 1, 1] = 0.5 -2` makes one array; fewer values than elements are repeated. The
zip file is the standard library's, so that the tools read a container they did not write, and the reverse.
"""

from __future__ import annotations

import ast
import io
import re
import struct
import sys
import zipfile
from itertools import cycle, islice
from math import prod
from pathlib import Path

CODES = {"f4": "f", "f8": "d", "i1": "b", "u1": "B", "i2": "h", "i4": "i", "i8": "q"}
LINE = re.compile(r"^\s*// WEIGHT (\S+) (\w+) (\[.*?\]) = (.*)$", re.MULTILINE)


def encode(dtype: str, shape: list[int], values: list[float]) -> bytes:
    """One .npy member, version 1."""
    sign = "|" if dtype.endswith("1") else "<"
    dims = "".join(f"{d}," for d in shape)
    header = f"{{'descr': '{sign}{dtype}', 'fortran_order': False, 'shape': ({dims}), }}"
    header += " " * (-(10 + len(header) + 1) % 64) + "\n"
    numbers = [v if dtype[0] == "f" else int(v) for v in islice(cycle(values), prod(shape))]
    body = struct.pack(f"<{len(numbers)}{CODES[dtype]}", *numbers)
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + body


def decode(member: bytes) -> tuple[str, tuple[int, ...], list[float]]:
    (length,) = struct.unpack_from("<H", member, 8)
    header = ast.literal_eval(member[10 : 10 + length].decode())
    dtype, shape = header["descr"][1:], header["shape"]
    return dtype, shape, list(struct.unpack_from(f"<{prod(shape)}{CODES[dtype]}", member, 10 + length))


def make(test: Path, npz: Path) -> None:
    npz.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(npz, "w") as archive:
        for name, dtype, shape, values in LINE.findall(test.read_text()):
            archive.writestr(f"{name}.npy", encode(dtype, ast.literal_eval(shape), [float(v) for v in values.split()]))


def show(npz: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(npz.read_bytes())) as archive:
        for member in archive.namelist():
            dtype, shape, values = decode(archive.read(member))
            text = " ".join(f"{v:.9g}" for v in values)
            print(f"{member.removesuffix('.npy')} {dtype} {list(shape)} = {text}")


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        show(Path(sys.argv[2]))
