"""Damages files: bytes, lines of text, JSON documents, ONNX models. The same random source gives the same damage.

Decides nothing about who reads them; `.mlir` has a mutator of its own (mutate_mlir.py).
"""

from __future__ import annotations

import copy
import io
import json
import random
import re
import struct
import warnings
import zipfile
from collections.abc import Callable
from typing import Any

Mutator = Callable[[random.Random, bytes], bytes]

_WORDS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 40, (1 << 63) - 1)


def damage_bytes(rng: random.Random, data: bytes) -> bytes:
    """One to eight edits anywhere, with a liking for the first kilobyte and for the end."""
    buffer = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 3, 5, 8])):
        if not buffer:
            break
        near = rng.randrange(4)
        last = len(buffer)
        at = (
            rng.randrange(min(last, 1024))
            if near == 0
            else last - 1 - rng.randrange(min(last, 256))
            if near == 1
            else 0
        )
        at = at if near < 2 else rng.randrange(last)
        kind = rng.randrange(10)
        if kind < 3:
            buffer[at] ^= 1 << rng.randrange(8)
        elif kind == 3:
            buffer[at] = rng.randrange(256)
        elif kind == 4:
            word = struct.pack("<Q", rng.choice(_WORDS))[: rng.choice([1, 2, 4, 8])]
            buffer[at : at + len(word)] = word
        elif kind == 5:
            del buffer[at : at + rng.randrange(1, 40)]
        elif kind == 6:
            buffer[at:at] = rng.randbytes(rng.randrange(1, 20))
        elif kind == 7:
            buffer[at:at] = buffer[at : at + rng.randrange(1, 200)]
        elif kind == 8:
            to = rng.randrange(len(buffer))
            buffer[to : to + 16] = buffer[at : at + 16]
        elif rng.randrange(3) == 0:
            del buffer[at:]
    return bytes(buffer)


_HEADER_WORDS = (
    "<f4", "<f8", ">f4", "<i8", "|O", "|S5", "<U3", "|V8", "<M8[s]", "<c8", "<f2", "|b1", "[('a', '<f4')]", "True",
    "()", "(-1,)", "(1,)", "(0,)", "(1, 3, 8, 8)", "(192,)", "(99999999999,)", "(1,)*70", str((1,) * 40), "x",
    str((1,) * 70),
    "descr", "shape", "{", "}", "'", "(" * 300, "-" * 300, "L", "\0",
)  # fmt: skip


def damage_npy(rng: random.Random, data: bytes) -> bytes:
    """What the header says, most of the time."""
    end = data.find(b"\n") + 1
    if rng.randrange(3) == 0 or not end:
        return damage_bytes(rng, data)
    header = data[10:end].decode("latin-1")
    for _ in range(rng.choice([1, 1, 2])):
        parts = re.split(r"('[^']*'|\([^)]*\)|\w+)", header)
        parts[rng.randrange(len(parts))] = rng.choice(_HEADER_WORDS)
        header = "".join(parts)
    version = rng.choice([b"\1\0", b"\1\0", b"\1\0", b"\2\0", b"\3\0", b"\4\0"])
    text = header.encode("latin-1", "replace")
    length = struct.pack("<H" if version[0] == 1 else "<I", min(len(text), 65535))
    return data[:6] + version + length + text + data[end:]


def damage_npz(rng: random.Random, data: bytes) -> bytes:
    """The arrays inside, under right checksums and any compression; sometimes the archive itself."""
    if rng.randrange(3) == 0:
        return damage_bytes(rng, data)
    out = io.BytesIO()
    methods = [zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", rng.choice(methods)) as new:
        names = old.namelist()
        victim, kind = rng.choice(names), rng.randrange(8)
        for name in names:
            content = old.read(name)
            if name == victim and kind < 5:
                content = damage_npy(rng, content)
            elif name == victim and kind == 5:
                name = rng.choice(
                    ["x", "other.npy", "../x.npy", "x.npy.npy", "\u00e9.npy", "y" * 60000, ".npy", "a b.npy"]
                )
            elif name == victim and kind == 6:
                continue
            new.writestr(name, content)
            if name == victim and kind == 7:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    new.writestr(name, content)
    packed = out.getvalue()
    return damage_bytes(rng, packed) if rng.randrange(4) == 0 else packed


_ODD_WORDS = (
    "nan", "inf", "-inf", "1e999", "-1", "0", "99999999999999999999", "1e-320", "0x10", "''", '"', "\t", " ", ",", "#",
    "\0", "\ufeff", "é", "\udcff", "true", "None", "[]", "{", "%s", "../..", "x" * 70000,
)  # fmt: skip


def damage_text(rng: random.Random, data: bytes) -> bytes:
    """Words are replaced, lines lost, doubled and swapped; sometimes bytes are hit."""
    if rng.randrange(5) == 0:
        return damage_bytes(rng, data)
    lines = [line.split(" ") for line in data.decode("utf-8", "surrogateescape").split("\n")]
    for _ in range(rng.choice([1, 1, 2, 3])):
        line = rng.randrange(len(lines))
        word = rng.randrange(len(lines[line]))
        kind = rng.randrange(8)
        if kind < 3:
            lines[line][word] = rng.choice(_ODD_WORDS)
        elif kind == 3:
            del lines[line][word]
            lines[line] = lines[line] or [""]
        elif kind == 4:
            lines[line].insert(word, rng.choice(_ODD_WORDS))
        elif kind == 5:
            lines.insert(line, list(lines[line]))
        elif kind == 6 and len(lines) > 1:
            del lines[line]
        else:
            other = rng.randrange(len(lines))
            lines[line], lines[other] = lines[other], lines[line]
    return "\n".join(" ".join(line) for line in lines).encode("utf-8", "surrogateescape")


_ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 4096, 4097, 1 << 62, 1 << 70, 1.5, 1e308, "", "x", "y" * 70000, [], {}, [[]], [None],
    {"n": 1}, {"h": "2"}, {"": {}}, "\u0000", "\ud83d",
)  # fmt: skip


def damage_json(rng: random.Random, data: bytes) -> bytes:
    """Values anywhere in the document take other types, keys are lost and renamed; sometimes the text is hit."""
    if rng.randrange(6) == 0:
        return damage_text(rng, data)
    root = [json.loads(data)]
    for _ in range(rng.choice([1, 1, 2, 4])):
        places: list[tuple[Any, Any]] = []
        waiting: list[Any] = [root]
        while waiting:
            node = waiting.pop()
            for key in list(node) if isinstance(node, dict) else range(len(node)):
                places.append((node, key))
                if isinstance(node[key], (dict, list)):
                    waiting.append(node[key])
        node, key = rng.choice(places)
        kind = rng.randrange(6)
        if kind < 3:
            node[key] = copy.deepcopy(rng.choice(_ODD_VALUES))
        elif kind == 3 and node is not root:
            del node[key]
        elif kind == 4 and isinstance(node, dict):
            node[rng.choice(["", "ops", "slices", "alone", "other", str(key) + "s"])] = node[key]
        else:
            node[key] = copy.deepcopy(rng.choice(places)[0]) if node is not root else node[key]
            if isinstance(node[key], (list, dict)) and rng.randrange(20) == 0:
                for _ in range(300):  # deeper than what is read, not than what json writes
                    node[key] = [node[key]]
    text = json.dumps(root[0]) if rng.randrange(40) else "[" * 50000
    return text.encode("utf-8", "surrogatepass")


def damage_onnx(rng: random.Random, data: bytes) -> bytes:
    """Fields anywhere in the model change their value, or messages are lost and doubled; sometimes bytes are hit."""
    if rng.randrange(4) == 0:
        return damage_bytes(rng, data)
    import onnx

    model = onnx.ModelProto.FromString(data)
    for _ in range(rng.choice([1, 1, 2, 3])):
        messages = [model]
        for message in messages:
            for field, value in message.ListFields():
                if field.message_type is not None:
                    messages.extend(value if _is_list(value) else [value])
        _damage_message(rng, rng.choice(messages))
    try:
        return bytes(model.SerializeToString())
    except ValueError:  # a name that is not UTF-8
        return damage_bytes(rng, data)


def _is_list(value: Any) -> bool:
    return hasattr(value, "append") or hasattr(value, "add")


def _damage_message(rng: random.Random, message: Any) -> None:
    fields = message.ListFields()
    if not fields:
        return
    field, value = rng.choice(fields)
    if _is_list(value):
        if not len(value):
            return
        at, kind = rng.randrange(len(value)), rng.randrange(4)
        if kind == 0:
            del value[at]
        elif field.message_type is not None:
            value.add().CopyFrom(value[at]) if kind == 1 else value[at].Clear() if kind == 2 else None
        elif kind == 1:
            value.append(value[at])
        else:
            value[at] = _other(rng, value[at])
    elif field.message_type is not None:
        if rng.randrange(3) == 0:
            message.ClearField(field.name)
    elif rng.randrange(4) == 0:
        message.ClearField(field.name)
    else:
        import contextlib

        with contextlib.suppress(ValueError):  # outside the field's type
            setattr(message, field.name, _other(rng, value))


def _other(rng: random.Random, value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return rng.choice([0, 1, -1, 2, 3, 70, 1000, 2147483647, value + 1, value - 1, value * 2, -value])
    if isinstance(value, float):
        return rng.choice([0.0, -1.0, float("nan"), float("inf"), 1e30, -value, value / 2])
    if isinstance(value, bytes):
        return rng.choice([b"", value[:-1], value + value, damage_bytes(rng, value), b"Relu", b"\xff"])
    return rng.choice(["", value + "x", "x", "y", "Conv", "Relu", "Foo", value[:9] * 5000, "../x", "ä b"])
