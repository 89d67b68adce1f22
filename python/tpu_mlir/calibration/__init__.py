"""Calibration: how large each tensor of a network gets on real data, and where clipping it costs least.

The package is not called `calibrate`, because that is a function of the in-process API: `tpu_mlir.calibrate(...)`.
"""
