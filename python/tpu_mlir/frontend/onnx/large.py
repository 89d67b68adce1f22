"""Weights of large models stay in the files that hold them: nobody needs them in memory before they are written.

A large weight is an initialiser without data. Its `external_data` says where the elements lie (an absolute path, offset
and length in bytes) and, where the tensor was given another type, in which type they lie there. Whatever cannot read
such a reference (onnx's checker, simplifiers, onnxruntime) sees the weight as one more input, between `hide` and
`show`. Models below LARGE_MODEL are held whole.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import UserError
from ...progress import warn
from ..core.stored import Spill, append, place_of
from . import skeleton
from .text import write_text

if TYPE_CHECKING:
    from ..core.importer import Importer

LARGE_MODEL = 256 << 20  # bytes of all weights
LARGE_WEIGHT = 1 << 20


def load(path: Path) -> Any:
    """The ModelProto in `path`, large weights as references; raises what onnx and protobuf raise."""
    import onnx

    model = skeleton.without_large_data(path, LARGE_MODEL, _reference) or onnx.load(str(path), load_external_data=False)
    weights = list(model.graph.initializer)
    if sum(_bytes_of(w) for w in weights) < LARGE_MODEL:
        return onnx.load(str(path))
    for weight in weights:
        if _refers(weight):
            _anchor(weight, path)
    # The other tensors are read by onnx, which must not see those that are not.
    del model.graph.initializer[:]
    model.graph.initializer.extend(w for w in weights if not _refers(w))
    onnx.load_external_data_for_model(model, str(path.parent))
    read = iter(list(model.graph.initializer))
    ordered = [weight if _refers(weight) else next(read) for weight in weights]
    del model.graph.initializer[:]
    model.graph.initializer.extend(ordered)
    return model


def is_large(tensor: Any) -> bool:
    """Whether the initialiser is a reference into a file."""
    import onnx

    return bool(tensor.data_location == onnx.TensorProto.EXTERNAL)


def hide(model: Any) -> list[Any]:
    """Make the large weights of `model` inputs; they are returned for `show`."""
    import onnx

    hidden = [w for w in model.graph.initializer if is_large(w)]
    if hidden:
        kept = [w for w in model.graph.initializer if not is_large(w)]
        del model.graph.initializer[:]
        model.graph.initializer.extend(kept)
        listed = {i.name for i in model.graph.input}
        model.graph.input.extend(
            onnx.helper.make_tensor_value_info(w.name, w.data_type, w.dims) for w in hidden if w.name not in listed
        )
    return hidden


def show(model: Any, hidden: list[Any]) -> Any:
    """Undo `hide`, perhaps in what was made of the model."""
    names = {w.name for w in hidden}
    if names:
        kept = [i for i in model.graph.input if i.name not in names]
        del model.graph.input[:]
        model.graph.input.extend(kept)
        model.graph.initializer.extend(hidden)
    return model


def set_type(tensor: Any, data_type: int) -> None:
    """Give a large weight another type; its elements are converted when they are read."""
    if "stored_as" not in _entries(tensor):
        _set(tensor, "stored_as", tensor.data_type)
    tensor.data_type = data_type


def save(model: Any, importer: Importer, npz: Path, path: Path) -> None:
    """Write an imported model as `path`, and without weights as the text `<path>.prototxt`. `model` is changed.

    Large weights are those of the weight file `npz` beside it, or, where they were not imported as they are, of
    `<path>.data`.
    """
    from .graph import save_bytes

    large = [w for w in model.graph.initializer if is_large(w)]
    places = _places_in(npz) if large else {}
    with contextlib.ExitStack() as files:
        data: Any = None
        for tensor in large:
            array = importer.constants[tensor.name]
            place = place_of(array)
            name = importer.weights.placed.get(place) if place is not None else None
            if name in places and places[name][1] == _bytes_of(tensor):
                location, offset = npz.name, places[name][0]
            else:
                data = data or files.enter_context(path.with_name(f"{path.name}.data").open("wb"))
                location, offset = f"{path.name}.data", append(data, array, array.dtype)
            _refer(tensor, location, offset, array.nbytes)
    content = save_bytes(model)
    if content is None:
        warn(f"the simplified model exceeds 2 GiB; {path.name} is not written")
    else:
        path.write_bytes(content)
    write_text(model, path.with_name(f"{path.name}.prototxt"))


def _places_in(npz: Path) -> dict[str | None, tuple[int, int]]:
    """Offset and bytes of every array's elements in an npz file whose arrays are not compressed."""
    import zipfile

    import numpy as np

    places: dict[str | None, tuple[int, int]] = {}
    with zipfile.ZipFile(npz) as archive, npz.open("rb") as file:
        for entry in archive.infolist():
            # The local header: 30 bytes, of which the last four are the lengths of the name and of what follows it.
            file.seek(entry.header_offset + 26)
            lengths = file.read(4)
            begin = entry.header_offset + 30 + sum(int.from_bytes(lengths[i : i + 2], "little") for i in (0, 2))
            file.seek(begin)
            np.lib.format.read_magic(file)
            np.lib.format.read_array_header_1_0(file)
            places[entry.filename.removesuffix(".npy")] = file.tell(), begin + entry.file_size - file.tell()
    return places


def array_of(tensor: Any, spill: Spill) -> Any:
    """The elements of an initialiser; those of a large one are a `numpy.memmap` of a file."""
    import numpy as np
    import onnx

    if not is_large(tensor):
        return onnx.numpy_helper.to_array(tensor)
    entries = _entries(tensor)
    wanted = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type))
    stored = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(int(entries.get("stored_as", tensor.data_type))))
    array: Any = np.memmap(entries["location"], stored, "r", int(entries["offset"]), tuple(tensor.dims))
    return array if stored == wanted else spill.keep(array, wanted)


def _entries(tensor: Any) -> dict[str, str]:
    return {entry.key: entry.value for entry in tensor.external_data}


def _refer(tensor: Any, location: str, offset: int, length: int) -> None:
    import onnx

    tensor.data_location = onnx.TensorProto.EXTERNAL
    del tensor.external_data[:]
    for key, value in (("location", location), ("offset", offset), ("length", length)):
        _set(tensor, key, value)


def _set(tensor: Any, key: str, value: Any) -> None:
    entry = tensor.external_data.add()
    entry.key, entry.value = key, str(value)


def _bytes_of(tensor: Any) -> int:
    """What the elements of an initialiser take; 0 where elements are no whole bytes, or the type is unknown."""
    import math

    import numpy as np
    import onnx

    try:
        item = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)).itemsize
    except (KeyError, ValueError, TypeError):
        return 0
    packed = onnx.TensorProto.DataType.Name(tensor.data_type).endswith(("INT4", "INT2", "E2M1"))
    if packed or tensor.data_type == onnx.TensorProto.STRING or min(tensor.dims, default=1) < 0:
        return 0
    return int(math.prod(tensor.dims) * item)


def _refers(tensor: Any) -> bool:
    return is_large(tensor) and _bytes_of(tensor) >= LARGE_WEIGHT


def _anchor(tensor: Any, model: Path) -> None:
    """Check where a large weight lies by onnx's rules, and write it down as an absolute path, offset and length."""
    import onnx.onnx_cpp2py_export.checker as rules

    entries = _entries(tensor)
    if entries.get("location") == str(model.resolve()):  # what `_reference` wrote; onnx allows no absolute paths
        location, size = str(model.resolve()), model.stat().st_size
    else:
        descriptor = rules._open_external_data(str(model.parent), entries.get("location", ""), tensor.name, True)
        try:
            location = str(Path(f"/proc/self/fd/{descriptor}").readlink())
            size = os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)
    offset, need = int(entries.get("offset") or 0), _bytes_of(tensor)
    length = int(entries.get("length") or max(0, size - offset))
    sentence = f"model '{model}': its external weights cannot be read: '{tensor.name}'"
    if offset < 0 or length < 0 or offset + length > size:
        raise UserError(
            f"{sentence} has {length} bytes from byte {offset} of '{location}' on, which holds {size} bytes"
        )
    if length != need:
        raise UserError(
            f"{sentence} has {length} bytes in '{location}', but its shape {list(tensor.dims)} and type need {need}"
        )
    _refer(tensor, location, offset, length)


def _reference(tensor: Any, data: list[tuple[int, int]], path: Path) -> bool:
    """Make an initialiser refer to its data, which is at (offset, bytes) of the model's file; False where it cannot."""
    if is_large(tensor) or len(data) != 1 or data[0][1] != _bytes_of(tensor) or data[0][1] < LARGE_WEIGHT:
        return False
    _refer(tensor, str(path.resolve()), *data[0])
    return True
