"""The ONNX model of a large file without the data of its large weights, read from the file's bytes.

protobuf's own parser holds the file and the message in memory, twice what the weights take. Here only the fields around
the weights are read. Source: protobuf's encoding, protobuf.dev/programming-guides/encoding; field numbers: onnx.proto.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# Makes a TensorProto without data refer to (offset, bytes) of the file; False where it must keep its data.
Refer = Callable[[Any, list[tuple[int, int]], Path], bool]

_MODEL_GRAPH, _GRAPH_INITIALIZER, _TENSOR_FLOATS, _TENSOR_RAW = 7, 5, 4, 9
_BYTES = 2  # protobuf's wire type of everything that has a length


def without_large_data(path: Path, least: int, refer: Refer) -> Any:
    """The model, `refer` called for its initialisers; None for files below `least` bytes and for odd ones."""
    import onnx
    from google.protobuf.message import DecodeError

    if path.stat().st_size < least:
        return None
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            small = _rewrite(data, path, refer)
        except (ValueError, IndexError, DecodeError):
            return None  # the parser says what is wrong
    model = onnx.ModelProto()
    model.ParseFromString(small)
    return model


def _rewrite(data: mmap.mmap, path: Path, refer: Refer) -> bytes:
    model = bytearray()
    for number, kind, begin, body, end in _fields(data, 0, len(data)):
        if (number, kind) != (_MODEL_GRAPH, _BYTES):
            model += data[begin:end]
            continue
        graph = bytearray()
        for field, wire, start, inner, stop in _fields(data, body, end):
            is_weight = (field, wire) == (_GRAPH_INITIALIZER, _BYTES)
            graph += _field(field, _reference(data, inner, stop, path, refer)) if is_weight else data[start:stop]
        model += _field(number, bytes(graph))
    return bytes(model)


def _reference(data: mmap.mmap, begin: int, end: int, path: Path, refer: Refer) -> bytes:
    """An initialiser, without its data if it can refer to that instead."""
    import onnx

    rest, places = bytearray(), []
    for number, kind, start, body, stop in _fields(data, begin, end):
        if number in (_TENSOR_RAW, _TENSOR_FLOATS) and kind == _BYTES:
            places.append((body, stop - body))
        else:
            rest += data[start:stop]
    tensor = onnx.TensorProto()
    tensor.ParseFromString(bytes(rest))
    return bytes(tensor.SerializeToString()) if refer(tensor, places, path) else data[begin:end]


def _fields(data: mmap.mmap, at: int, end: int) -> Iterator[tuple[int, int, int, int, int]]:
    """(number, wire type, begin, begin of the content, end) of every field of one message."""
    while at < end:
        begin = at
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        body = at
        if kind == 0:
            _, at = _varint(data, at)
        elif kind == _BYTES:
            length, body = _varint(data, at)
            at = body + length
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise ValueError(f"wire type {kind}")
        if at > end:
            raise ValueError("a field is longer than its message")
        yield number, kind, begin, body, at


def _varint(data: mmap.mmap, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
        if shift > 63:
            raise ValueError("a number of more than ten bytes")


def _field(number: int, content: bytes) -> bytes:
    out = bytearray()
    for value in (number << 3 | _BYTES, len(content)):
        while value > 127:
            out.append(value & 127 | 128)
            value >>= 7
        out.append(value)
    return bytes(out) + content
