"""Trained networks of every kind (a transformer, recurrent ones, detectors) in every number format.

All on the chip, exact and safe. What they are worth in INT8 is another matter (regression/models.yaml)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, needs_core

MODELS = ROOT.parent / "shared/data/models"
NETWORKS = {
    "kwt1": "converted/kwt1_features.onnx",
    "silero": "silero_vad/silero_vad_openvino_16k.onnx",
    "dtln_1": "dtln/model_1.onnx",
    "dtln_2": "dtln/model_2.onnx",
    "gtcrn": "gtcrn/gtcrn.onnx",
    "fastestdet": "fastestdet/FastestDet.onnx",
    "ultraface": "ultraface/version-RFB-320.onnx",
    "yunet": "yunet/yunet_n_320_320.onnx",
}
FORMATS = ("F32", "F16", "BF16", "INT8", "INT8_ASYM")
# Of floats, how near the outputs come to the fp32 model's on normal random inputs (cosine).
FLOORS = {"F32": 0.99999, "F16": 0.999, "BF16": 0.98}
# In the quick tests each network in one format, in all of them with -m slow.
QUICK = {name: FORMATS[i % len(FORMATS)] for i, name in enumerate(NETWORKS)}


def cases() -> list[object]:
    return [
        pytest.param(name, how, marks=[] if QUICK[name] == how else [pytest.mark.slow])
        for name in NETWORKS
        for how in FORMATS
    ]


@needs_core
@pytest.mark.parametrize(("name", "how"), cases())
def test_all_of_it_runs_on_the_chip(name: str, how: str, tmp_path: Path) -> None:
    from tpu_mlir.calibration.calibrator import calibrate
    from tpu_mlir.deployment.deploy import deploy
    from tpu_mlir.deployment.options import Options
    from tpu_mlir.npz import save_npz
    from tpu_mlir.runner import open_module
    from tpu_mlir.transform_model import transform

    model = MODELS / NETWORKS[name]
    if not model.exists():
        pytest.skip(f"{model.name} is among the shared data, which is absent")
    mlir = tmp_path / f"{name}.mlir"
    transform(name, model, mlir, quiet=True)
    module, rng = open_module(mlir), np.random.default_rng(0)
    samples = []
    for i in range(2):
        feeds = {n: rng.standard_normal(module.input_shape(n)).astype(np.float32) for n in module.input_names}
        samples.append(tmp_path / f"in_{i}.npz")
        save_npz(samples[-1], feeds)
    table = tmp_path / "table"
    if how.startswith("INT8"):
        calibrate(mlir, samples).table.save(table)
    options = Options(
        mlir=mlir,
        model=tmp_path / f"{name}.bmodel",
        chip="bm1684x",
        quantize=how.removesuffix("_ASYM"),
        asymmetric=how.endswith("_ASYM"),
        calibration_table=table if table.exists() else None,
        test_input=(samples[0],),
    )
    result = deploy(options, require=False)
    assert result.proof is not None and result.safety is not None
    assert not result.safety.findings
    assert all(r.verdict == "EQUAL" for r in result.proof.exact.results)
    assert len(result.proof.exact.results) == result.proof.expected > 0
    assert result.proof.summary["host_ops"] == 0
    if how in FLOORS:
        assert result.proof.outputs
        for output in result.proof.outputs:
            assert output.cosine >= FLOORS[how], f"'{output.name}' has cosine {output.cosine:.6f}"
