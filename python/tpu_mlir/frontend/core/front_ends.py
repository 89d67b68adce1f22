"""Which front end reads a file: one line per suffix. A framework without a front end has its sentence from here too."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path

from ...errors import UserError
from .protocol import FrontEnd


@dataclass(frozen=True)
class ModelKind:
    """One framework's files. words: what users call one. module: where its `FRONT_END` is; empty: there is none."""

    framework: str
    words: str
    module: str = ""


KINDS: dict[str, ModelKind] = {
    ".onnx": ModelKind("ONNX", "an ONNX model", "tpu_mlir.frontend.onnx.front_end"),
    ".pt": ModelKind("PyTorch", "a PyTorch model"),
    ".pth": ModelKind("PyTorch", "a PyTorch model"),
    ".tflite": ModelKind("TFLite", "a TFLite model"),
    ".prototxt": ModelKind("Caffe", "a Caffe model"),
    ".caffemodel": ModelKind("Caffe", "a Caffe model"),
    ".pb": ModelKind("TensorFlow", "a TensorFlow model"),
    ".mlir": ModelKind("MLIR", "a network in MLIR"),
}


def suffixes() -> tuple[str, ...]:
    """Those that a front end reads."""
    return tuple(suffix for suffix, kind in KINDS.items() if kind.module)


def words() -> dict[str, str]:
    """What a file under each of these suffixes is to users."""
    return {suffix: kind.words for suffix, kind in KINDS.items() if kind.module}


def front_end_of(path: Path) -> FrontEnd:
    """The front end for `path`; a suffix that says nothing is left to ONNX, which looks into the file."""
    kind = KINDS.get(path.suffix.lower(), KINDS[".onnx"])
    if not kind.module:
        raise UserError(f"model '{path}' is {kind.framework}, which is not supported; export it to ONNX")
    front_end: FrontEnd = importlib.import_module(kind.module).FRONT_END
    return front_end
