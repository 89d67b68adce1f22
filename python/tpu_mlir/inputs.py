"""From the files a user names to a network's inputs: .npz and .npy hold tensors, pictures are preprocessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .errors import UserError
from .finite import require_finite
from .npz import load_npy, load_npz
from .preprocess import IMAGE_SUFFIXES, Preprocess
from .progress import note

Shapes = Mapping[str, Sequence[int]]  # input name -> shape
Types = Mapping[str, str]  # input name -> element type, as numpy calls it; float32 where there is none


def load_inputs(
    files: Path | str | Sequence[Path | str],
    shapes: Shapes,
    preprocess: Mapping[str, Preprocess],
    types: Types | None = None,
) -> dict[str, Any]:
    """The network's inputs in its types and order.

    One .npz holds all inputs by name (a lone tensor serves a lone input whatever its name). Otherwise one .npy or
    picture per input in order, or, for a single input, one picture per row of the batch.
    """
    paths = listed(files)
    if not paths:
        raise UserError("no input file is given")
    if any(path.suffix.lower() == ".npz" for path in paths):
        if len(paths) != 1:
            raise UserError("give one npz file with all inputs, or one npy file or picture per input, not a mixture")
        return match_inputs(load_npz(paths[0], "input file"), shapes, f"input file '{paths[0]}'", types)
    names = list(shapes)
    if len(names) == 1:
        groups = {names[0]: paths}
    elif len(paths) == len(names):
        groups = {name: [path] for name, path in zip(names, paths, strict=True)}
    else:
        raise UserError(f"{len(paths)} input files were given for {len(names)} inputs: {', '.join(names)}")
    tensors: dict[str, Any] = {}
    for name, group in groups.items():
        tensors[name] = _load_one(name, group, preprocess.get(name))
    shown = ", ".join(f"'{path}'" for path in paths[:4]) + (", ..." if len(paths) > 4 else "")
    return match_inputs(tensors, shapes, f"input file{'s' if len(paths) > 1 else ''} {shown}", types)


def listed(files: Path | str | Sequence[Path | str]) -> list[Path]:
    """One file stands for a list of it."""
    return [Path(files)] if isinstance(files, str | Path) else [Path(file) for file in files]


def _load_one(name: str, paths: Sequence[Path], preprocess: Preprocess | None) -> Any:
    kinds = {path.suffix.lower() for path in paths}
    if kinds == {".npy"}:
        if len(paths) != 1:
            raise UserError(f"{len(paths)} npy files were given for input '{name}'; give one with the whole batch")
        return load_npy(paths[0], "input file")
    foreign = [path for path in paths if path.suffix.lower() not in IMAGE_SUFFIXES]
    if foreign:
        raise UserError(f"input file '{foreign[0]}' is none of: npz, npy, {', '.join(s[1:] for s in IMAGE_SUFFIXES)}")
    if preprocess is None:
        raise UserError(
            f"input '{name}' has no preprocessing, so the picture '{paths[0]}' cannot be turned into it; "
            f"give an npz or npy file, or preprocessing flags at model_transform.py"
        )
    return preprocess.batch(paths)


def match_inputs(tensors: Mapping[str, Any], shapes: Shapes, origin: str, types: Types | None = None) -> dict[str, Any]:
    """`tensors` by the network's input names, checked against its shapes, in its types; all elements are finite."""
    import numpy as np

    if len(tensors) == 1 and len(shapes) == 1 and not tensors.keys() & shapes.keys():
        (given,), (name,) = tensors, shapes
        note(f"{origin}: its only tensor '{given}' is taken as the input '{name}'")
        tensors = {name: tensors[given]}
    missing = [name for name in shapes if name not in tensors]
    if missing:
        raise UserError(f"{origin} has no tensor '{missing[0]}'; it has: {', '.join(tensors) or 'none'}")
    matched: dict[str, Any] = {}
    for name, shape in shapes.items():
        tensor = np.asarray(tensors[name])
        if tensor.dtype.kind not in "fiub":
            raise UserError(f"{origin}: tensor '{name}' has type {tensor.dtype}, which is not a number")
        if sorted((tensor.shape, tuple(shape))) == [(), (1,)]:
            tensor = tensor.reshape(shape)  # a scalar is a vector of one where there are no tensors without dimensions
        if tuple(tensor.shape) != tuple(shape):
            raise UserError(
                f"{origin}: tensor '{name}' has shape {list(tensor.shape)}, the network takes {list(shape)}"
            )
        matched[name] = _in_type(tensor, (types or {}).get(name, "float32"), f"{origin}: tensor '{name}'")
    require_finite(matched, origin)
    return matched


def _in_type(tensor: Any, kind: str, what: str) -> Any:
    """`tensor` in another element type; UserError where an integer or boolean type cannot hold one of its elements."""
    import numpy as np

    if kind == "float32" or not np.isfinite(tensor).all():
        return np.ascontiguousarray(tensor, dtype=np.float32)
    with np.errstate(all="ignore"):
        typed = np.ascontiguousarray(tensor, dtype=kind)
    wrong = typed != tensor
    if wrong.any():
        index = tuple(int(i) for i in np.unravel_index(int(wrong.argmax()), tensor.shape))
        raise UserError(f"{what} has {tensor[index]} at {list(index)}; the network takes {kind} there")
    return typed
