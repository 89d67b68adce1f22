"""How the threads of the libraries below wait: asleep.

By default OpenMP's, OpenBLAS's and onnxruntime's threads look for their next work in a loop, for milliseconds. On a
machine that has nothing else to do this saves microseconds; on a busy one it takes the processor from those they wait
for: a calibration of 100 digits took 13 s instead of 1 s.
"""

from __future__ import annotations

import os
from typing import Any

# Read by the libraries when they are loaded. What the user has set stays.
_SETTINGS = {
    "OMP_WAIT_POLICY": "passive",
    "GOMP_SPINCOUNT": "1000",  # a few microseconds; with none, short loops would pay for a wake-up each
    "OPENBLAS_THREAD_TIMEOUT": "4",  # the base-2 logarithm of processor cycles; the least that it takes
}


def wait_asleep() -> None:
    """Tell the libraries that are not loaded yet; called before `pymlir` or numpy are imported."""
    chosen = "OMP_WAIT_POLICY" in os.environ
    for name, value in _SETTINGS.items():
        if not (chosen and name == "GOMP_SPINCOUNT"):  # that would decide over the user's policy
            os.environ.setdefault(name, value)


def session_options() -> Any:
    """`onnxruntime.SessionOptions` whose threads wait asleep, and which prints nothing below fatal."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    for pool in ("intra_op", "inter_op"):
        options.add_session_config_entry(f"session.{pool}.allow_spinning", "0")
    return options
