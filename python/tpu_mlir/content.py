"""What a file holds, by its first bytes: for sentences about a model under another kind's suffix."""

from __future__ import annotations

from pathlib import Path

from .errors import UserError
from .frontend.core.front_ends import words

# What users call a file of each kind, besides models of frameworks; the suffixes under which each is expected.
_SUFFIXES = {".bmodel": "a bmodel", ".mlir": "MLIR text", ".npz": "an npz file"}


def kind_of(path: Path) -> str | None:
    """The kind of file, such as "a bmodel"; None where the first bytes do not tell.

    Source: the magic numbers of the formats (bmodel 0xff55aaee, zip "PK", flatbuffers' "TFL3" from byte 4 on).
    """
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError:
        return None
    if head.startswith(b"\xee\xaa\x55\xff"):
        return "a bmodel"
    if head[4:8] == b"TFL3":
        return "a TFLite model"
    if head.startswith(b"PK\x03\x04"):
        name = head[30 : 30 + int.from_bytes(head[26:28], "little")]
        return "an npz file" if name.endswith(b".npy") else "a zip archive, as PyTorch writes"
    if head.startswith(b"\x93NUMPY"):
        return "an npy file"
    if head.startswith((b"\x89PNG", b"\xff\xd8\xff", b"BM")):
        return "a picture"
    if head.lstrip()[:9].lower() == b"<!doctype":
        return "an HTML page"
    if head.startswith(b"\x08") and b"\x12" in head[:64]:
        return "an ONNX model"
    text = head.lstrip()
    if text.startswith((b"#loc", b"module")) or b'"top.' in head or b"func.func" in head:
        return "MLIR text"
    return None


def require_kind(path: Path, what: str, suffix: str | None = None) -> None:
    """UserError where `path` evidently holds another kind of file than its suffix, or `suffix`, says."""
    expected = {**words(), **_SUFFIXES}.get(suffix or path.suffix.lower())
    found = kind_of(path)
    if expected is not None and found is not None and found != expected:
        raise UserError(f"{what} '{path}' is {found}, not {expected}")
