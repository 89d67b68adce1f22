"""A compiler for neural networks on tensor processors, as one in-process API.

`transform` imports a model, `calibrate` collects activation ranges, `deploy` lowers and compiles, `run` executes a
model of any stage. Each is loaded when it is first called, so `import tpu_mlir` costs nothing. Paths are str or Path;
what the user can change is a `tpu_mlir.errors.UserError`, a failed comparison its subclass `CompareFailed`.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.3.0"
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
    return _raising_user_errors(getattr(importlib.import_module(module), function))


def _raising_user_errors(call: Any) -> Any:
    """`call`, with the compiled module's and the system's errors about the user's files as UserErrors."""
    import functools

    from .errors import UserError, is_core_error, os_error

    @functools.wraps(call)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        try:
            return call(*arguments, **named)
        except OSError as error:
            raise os_error(error) from error
        except Exception as error:
            if is_core_error(error):
                raise UserError(str(error).removeprefix("error: ")) from error
            raise

    return wrapped
