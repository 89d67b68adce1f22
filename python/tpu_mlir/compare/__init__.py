"""Comparing tensors by name: similarity measures and verdicts."""
