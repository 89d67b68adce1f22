"""Calibration: how large each tensor of a network gets on real data, and where clipping it costs least."""
