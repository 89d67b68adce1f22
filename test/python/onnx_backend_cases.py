"""The onnx package's own conformance cases, as (model, inputs, expected outputs)."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.version_converter

ATOL = 2e-6  # the fp32 logarithm of the host library is off by 1.4e-6 near its zero


@dataclass
class Case:
    name: str
    model: onnx.ModelProto
    inputs: list[Any]
    outputs: list[Any]
    rtol: float = 1e-3
    atol: float = ATOL


def node_cases() -> list[Case]:
    """One small model per operator and variant, at the newest opset; made by the package on the fly."""
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        collected = collect_testcases(None)
    cases = []
    for case in collected:
        inputs, outputs = case.data_sets[0]
        if all(isinstance(t, (np.ndarray, np.generic)) for t in [*inputs, *outputs]):
            rtol = max(case.rtol, 1e-5)
            cases.append(Case(case.name, case.model, list(inputs), list(outputs), rtol, max(case.atol, ATOL)))
    return cases


def stored_cases(folder: str) -> Iterator[Case]:
    """Models that the package keeps as files, such as those converted from PyTorch; opset 6 is lifted to 7."""
    root = Path(onnx.__file__).parent / "backend/test/data" / folder
    for model in sorted(root.glob("*/model.onnx")):
        data = model.parent / "test_data_set_0"
        tensors = {kind: [_tensor(p) for p in sorted(data.glob(f"{kind}_*.pb"))] for kind in ("input", "output")}
        yield Case(model.parent.name, _at_least_opset_7(onnx.load(model)), tensors["input"], tensors["output"])


def light_models() -> list[Path]:
    """Well-known networks with their weights replaced by constants."""
    return sorted((Path(onnx.__file__).parent / "backend/test/data/light").glob("*.onnx"))


def with_constants(case: Case) -> Case:
    """The same case with every input but the first made a weight."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    for value, tensor in zip(list(model.graph.input)[1:], case.inputs[1:], strict=True):
        model.graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(tensor), value.name))
        model.graph.input.remove(value)
    return Case(f"{case.name}, one input", model, case.inputs[:1], case.outputs, case.rtol, case.atol)


def _tensor(path: Path) -> Any:
    proto = onnx.TensorProto()
    proto.ParseFromString(path.read_bytes())
    return onnx.numpy_helper.to_array(proto)


def _at_least_opset_7(model: onnx.ModelProto) -> onnx.ModelProto:
    if model.opset_import[0].domain or model.opset_import[0].version >= 7:
        return model
    try:
        return onnx.version_converter.convert_version(model, 7)
    except (RuntimeError, ValueError):  # the converter knows no adapter for one of its operators
        return model
