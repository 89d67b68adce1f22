"""From a picture file to pixels: nothing is decoded before its header was read and its size found reasonable.

Decoders allocate what a header claims, so a file of 43 bytes may ask for gigabytes. Which tensors pixels become is
decided in `preprocess.py`.
"""

from __future__ import annotations

import contextlib
import os
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import UserError, require_file

MOST_PIXELS = 100_000_000
MOST_BYTES = 1 << 30  # of a file
_quiet = threading.Lock()


def read_picture(path: Path | str, pixel_format: str) -> Any:
    """A picture file as uint8 [h,w,c] in the channel order of `pixel_format`.

    Raises UserError for what is no picture, is damaged, or claims more than MOST_PIXELS.
    """
    import numpy as np

    path = require_file(path, "picture")
    if path.stat().st_size > MOST_BYTES:
        raise UserError(f"picture '{path}' has {path.stat().st_size:,} bytes; at most {MOST_BYTES:,} are read")
    data = path.read_bytes()
    size = header_size(data)
    if size is not None and size[0] * size[1] > MOST_PIXELS:
        raise UserError(
            f"picture '{path}' says that it has {size[1]:,} x {size[0]:,} pixels; at most {MOST_PIXELS:,} are read"
        )
    picture = _decode(np.frombuffer(data, np.uint8), pixel_format, path)
    if pixel_format == "gray":
        return picture.reshape(picture.shape[0], picture.shape[1], 1)
    if pixel_format == "rgba":
        if picture.ndim != 3 or picture.shape[2] != 4 or picture.dtype != np.uint8:
            raise UserError(f"picture '{path}' has no alpha channel of 8 bits, and pixel_format is rgba")
        return picture[:, :, [2, 1, 0, 3]]
    return picture[:, :, ::-1] if pixel_format == "rgb" else picture


def _decode(data: Any, pixel_format: str, path: Path) -> Any:
    # For what header_size() does not know; read once, when OpenCV is loaded.
    os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(MOST_PIXELS))
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    import cv2

    flag = {"gray": cv2.IMREAD_GRAYSCALE, "rgba": cv2.IMREAD_UNCHANGED}.get(pixel_format, cv2.IMREAD_COLOR)
    try:
        with _silent():
            picture = cv2.imdecode(data, flag)
    except cv2.error as error:
        raise UserError(f"picture '{path}' cannot be decoded: {str(error.err).strip()}") from error
    except MemoryError as error:
        raise UserError(f"picture '{path}' cannot be decoded: out of memory") from error
    if picture is None or picture.size == 0:
        raise UserError(f"picture '{path}' is damaged or is not a jpg, png or bmp file")
    return picture


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Without what the decoders themselves write to standard error; the sentence about the file is ours."""
    with _quiet:
        kept = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nowhere)


def header_size(data: bytes) -> tuple[int, int] | None:
    """Height and width as the header of a png, bmp, jpg, gif, webp or tiff file says; None where it says nothing."""
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            width, height = struct.unpack_from(">II", data, 16)
        elif data.startswith(b"BM"):
            if struct.unpack_from("<I", data, 14)[0] == 12:
                width, height = struct.unpack_from("<HH", data, 18)
            else:
                width, height = struct.unpack_from("<ii", data, 18)
        elif data.startswith((b"GIF87a", b"GIF89a")):
            width, height = struct.unpack_from("<HH", data, 6)
        elif data.startswith(b"\xff\xd8"):
            return _jpeg_size(data)
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp_size(data)
        elif data.startswith((b"II*\0", b"MM\0*")):
            return _tiff_size(data)
        else:
            return None
        return abs(height), abs(width)
    except struct.error:
        return None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """The largest of all frame headers: a decoder may take any."""
    largest, at = None, 2
    while at + 9 <= len(data):
        if data[at] != 0xFF:
            at = data.find(b"\xff", at)
            if at < 0:
                break
            continue
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, at + 5)
            if largest is None or height * width > largest[0] * largest[1]:
                largest = (height, width)
        if marker == 0xFF:
            at += 1
        elif marker in (0x00, 0x01) or 0xD0 <= marker <= 0xD9:
            at += 2
        else:
            at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return largest


def _webp_size(data: bytes) -> tuple[int, int] | None:
    kind = data[12:16]
    if kind == b"VP8X":
        return int.from_bytes(data[27:30], "little") + 1, int.from_bytes(data[24:27], "little") + 1
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        return (bits >> 14 & 0x3FFF) + 1, (bits & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", data, 26)
    return height & 0x3FFF, width & 0x3FFF


def _tiff_size(data: bytes) -> tuple[int, int] | None:
    """Tags 256 and 257 of the first directory."""
    order = "<" if data[:1] == b"I" else ">"
    at = struct.unpack_from(f"{order}I", data, 4)[0]
    found = {}
    for entry in range(min(struct.unpack_from(f"{order}H", data, at)[0], 1000)):
        tag, kind = struct.unpack_from(f"{order}HH", data, at + 2 + 12 * entry)
        if tag in (256, 257):
            found[tag] = struct.unpack_from(f"{order}{'H' if kind == 3 else 'I'}", data, at + 10 + 12 * entry)[0]
    return (found[257], found[256]) if len(found) == 2 else None
