"""A compiler for neural networks on tensor processors, as one in-process API.

`transform` imports a model, `calibrate` collects activation ranges, `deploy` lowers and compiles, `run` executes a
model of any stage. Each is loaded when it is first called, so `import tpu_mlir` costs nothing.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"
__all__ = ["calibrate", "deploy", "run", "transform"]

_API = {
    "transform": ("tpu_mlir.transform_model", "transform"),
    "calibrate": ("tpu_mlir.calibration.calibrator", "calibrate"),
    "deploy": ("tpu_mlir.deployment.deploy", "deploy"),
    "run": ("tpu_mlir.runner", "run"),
}


def __getattr__(name: str) -> Any:
    import importlib

    from .threads import wait_asleep

    if name not in _API:
        raise AttributeError(f"module 'tpu_mlir' has no attribute '{name}'")
    wait_asleep()
    module, function = _API[name]
    return getattr(importlib.import_module(module), function)
