"""Whole networks from ONNX to a proven bmodel, by the entries and floors of regression/models.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from conftest import ROOT, needs_core

import run_model

CONFIG = yaml.safe_load((ROOT / "regression" / "models.yaml").read_text(encoding="utf-8"))
QUICK = {"resnet18", "squeezenet1_1", "mobilenet_v2", "mnist", "mobilenet_v1_025"}
NAMES = [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in CONFIG["models"]]


@needs_core
@pytest.mark.parametrize("name", NAMES)
def test_network_holds_its_floors(name: str, tmp_path: Path) -> None:
    try:
        rows = run_model.run_network(name, CONFIG["models"][name], CONFIG["chip"], tmp_path, None)
    except run_model.Skipped as reason:
        pytest.skip(str(reason))
    print(run_model.table_text(rows))
    assert [row.precision for row in rows] == list(CONFIG["models"][name]["precisions"])
    assert not [f"{row.precision}: {missed}" for row in rows for missed in row.missed]
