"""Faults planted into real bmodels: the safety check or the exact comparison sees those that change results."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, needs_core
from test_bmodel_tool import build_folder
from test_deploy import arguments, digits, run

import run_model

__all__ = ["digits"]  # the fixture
CONFIG = yaml.safe_load((ROOT / "regression" / "models.yaml").read_text(encoding="utf-8"))
GOLDEN = ROOT.parent / "shared" / "golden" / "yolov5s_bm1684x_int8_sym.bmodel"


def plant(model: Path, count: int) -> None:
    """Prints the table of who saw what; fails where the sound model is blamed or too many faults are missed."""
    tool = build_folder() / "unit/MutationRun"
    if not tool.exists():
        pytest.skip(f"MutationRun is not built in {build_folder()}")
    result = subprocess.run([str(tool), str(model), str(count), "7"], capture_output=True, text=True, check=False)
    print(result.stdout)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "blamed although sound" not in result.stdout


@needs_core
def test_faults_in_the_demo_are_seen(digits: Path, tmp_path: Path) -> None:
    assert run(*arguments(digits, tmp_path)) == 0
    plant(tmp_path / "digits.bmodel", 20)


@pytest.mark.slow
@needs_core
@pytest.mark.parametrize("name", list(CONFIG["models"]))
def test_faults_in_networks_are_seen(name: str, tmp_path: Path) -> None:
    try:
        run_model.run_network(name, CONFIG["models"][name], CONFIG["chip"], tmp_path, "INT8")
    except run_model.Skipped as reason:
        pytest.skip(str(reason))
    plant(tmp_path / name / f"{name}_int8.bmodel", 20)


@pytest.mark.slow
def test_faults_in_the_vendor_made_stream_are_seen() -> None:
    if not GOLDEN.exists():
        pytest.skip("the vendor-made bmodel (../shared/golden) is not here")
    plant(GOLDEN, 20)
