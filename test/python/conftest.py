"""Fixtures shared by the Python tests: the two ways to compute an imported network, and where real models lie."""

from __future__ import annotations

import importlib.util
import signal
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
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
    weights: set[str] = field(default_factory=set)  # names of the file's, from the core


def has_core() -> bool:
    return importlib.util.find_spec("pymlir") is not None


@pytest.fixture(autouse=True, scope="session")
def interruptible() -> None:
    """A shell lets what it starts in the background ignore SIGINT, and so do all that this starts; tests send it."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


needs_core = pytest.mark.skipif(not has_core(), reason="the compiled module 'pymlir' is not on the path")


def run_numpy(model: onnx.ModelProto, feeds: dict[str, Any]) -> NetworkRun:
    """Import into the numpy builder, which computes as it builds."""
    from top_numpy import EagerBuilder

    from tpu_mlir.frontend.onnx.importer import import_graph

    builder = EagerBuilder(feeds)
    import_graph(builder, model, "model", {})
    return NetworkRun([o.name for o in model.graph.output], builder.outputs, builder.tensors)


def run_core(model: onnx.ModelProto, feeds: dict[str, Any], passes: bool = False) -> NetworkRun:
    """Import with the compiled core, through its files, and run its interpreter; optionally after the Top passes."""
    import pymlir

    from tpu_mlir.frontend.onnx.importer import import_graph
    from tpu_mlir.transform_model import TOP_PIPELINE

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "origin.mlir"
        builder = pymlir.Builder("test")
        import_graph(builder, model, "model", {})
        builder.save(str(path), "origin_weight.npz")
        if passes:
            pymlir.run_passes(str(path), str(path.with_name("top.mlir")), TOP_PIPELINE, "top_weight.npz")
            path = path.with_name("top.mlir")
        module = pymlir.module()
        module.load(str(path))
        for name in module.input_names:  # the passes drop inputs that nothing reads
            # A scalar is a vector of one: Top has no tensors without dimensions.
            fed = np.asarray(feeds[name], module.tensor_type(name)).reshape(module.input_shape(name))
            module.set_tensor(name, fed)
        module.invoke(True)
        tensors = dict(module.get_all_tensor())
        outputs = [module.get_tensor(name) for name in module.output_names]
        archive = path.with_name(f"{path.stem}_weight.npz")  # there is none without weights
        weights = set(np.load(archive).files) if archive.exists() else set()
    return NetworkRun([o.name for o in model.graph.output], outputs, tensors, weights)


def run_core_optimised(model: onnx.ModelProto, feeds: dict[str, Any]) -> NetworkRun:
    return run_core(model, feeds, passes=True)


@pytest.fixture(
    params=[
        pytest.param(run_numpy, id="numpy"),
        pytest.param(run_core, id="core", marks=needs_core),
        pytest.param(run_core_optimised, id="core-optimised", marks=needs_core),
    ]
)
def run_network(request: pytest.FixtureRequest) -> Callable[[onnx.ModelProto, dict[str, Any]], NetworkRun]:
    """Imports and runs a prepared ONNX model: by numpy as it builds, by the core, by the core after the Top passes."""
    runner: Callable[[onnx.ModelProto, dict[str, Any]], NetworkRun] = request.param
    return runner


@pytest.fixture
def models() -> Path:
    """The folder of real models; skips where it is absent."""
    if not DATA.is_dir():
        pytest.skip("the folder of real models (../shared/data) is not here")
    return DATA / "models"
