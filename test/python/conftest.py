"""Fixtures shared by the Python tests: the two ways to compute an imported network, and where real models lie."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared/data"


@dataclass
class NetworkRun:
    """What an imported network computed."""

    output_names: list[str]
    outputs: list[np.ndarray]
    tensors: dict[str, np.ndarray]  # every Top tensor by name


def has_core() -> bool:
    return importlib.util.find_spec("pymlir") is not None


needs_core = pytest.mark.skipif(not has_core(), reason="the compiled module 'pymlir' is not on the path")


def run_numpy(model: onnx.ModelProto, feeds: dict[str, Any]) -> NetworkRun:
    """Import into the numpy builder, which computes as it builds."""
    from top_numpy import EagerBuilder

    from tpu_mlir.frontend.onnx.importer import import_graph

    builder = EagerBuilder(feeds)
    import_graph(builder, model, "model", {})
    return NetworkRun([o.name for o in model.graph.output], builder.outputs, builder.tensors)


@pytest.fixture
def run_network() -> Callable[[onnx.ModelProto, dict[str, Any]], NetworkRun]:
    return run_numpy


@pytest.fixture
def models() -> Path:
    """The folder of real models; skips where it is absent."""
    if not DATA.is_dir():
        pytest.skip("the folder of real models (../shared/data) is not here")
    return DATA / "models"
