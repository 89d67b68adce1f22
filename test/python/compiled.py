"""An ONNX model down the whole road in one process: imported, lowered, compiled, and run in the simulator.

What the simulator computes is held against the Tpu interpreter in every bit on the way; the result is for a comparison
with onnxruntime.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx


def run_onnxruntime(model: onnx.ModelProto, feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
    import onnxruntime

    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return [np.asarray(y) for y in session.run(None, feeds)]


def run_compiled(model: onnx.ModelProto, feeds: dict[str, np.ndarray], mode: str, folder: Path) -> list[np.ndarray]:
    """The model's outputs by the simulator, as float32; INT8 is calibrated on `feeds`.

    Raises AssertionError where interpreter and simulator differ in a bit.
    """
    import pymlir

    from tpu_mlir.frontend.onnx.importer import import_graph
    from tpu_mlir.transform_model import TOP_PIPELINE

    builder = pymlir.Builder("net")
    import_graph(builder, model, "model", {})
    builder.save(str(folder / "origin.mlir"), "origin_weight.npz")
    pymlir.run_passes(str(folder / "origin.mlir"), str(folder / "top.mlir"), TOP_PIPELINE, "top_weight.npz")
    top = _interpreted(folder / "top.mlir", feeds)
    table = folder / "table"
    rows = []
    for name, value in top.get_all_tensor().items():
        low, high = float(value.min()), float(value.max())
        threshold = max(abs(low), abs(high), 1e-5)
        rows.append(f"{name} {threshold:.7f} {min(low, threshold):.7f} {max(high, low):.7f}")
    table.write_text("\n".join(rows) + "\n")
    calibration = f"import-calibration-table{{file={table} asymmetric=false}}," if mode == "INT8" else ""
    passes = (
        f"processor-assign{{chip=bm1684x}},{calibration}processor-top-optimize,convert-top-to-tpu{{mode={mode}}},"
        "canonicalize,weight-fold,strip-io-quant{quant_input=false quant_output=false},processor-tpu-optimize,"
        "weight-reorder,subnet-divide,op-reorder,layer-group{lmem=0 opt=2},address-assign,"
        f"codegen{{model_file={folder / 'net.bmodel'}}}"
    )
    pymlir.run_passes(str(folder / "top.mlir"), str(folder / "final.mlir"), f"builtin.module({passes})", None)
    interpreter = _interpreted(folder / "final.mlir", feeds)
    simulated = pymlir.run_bmodel(str(folder / "net.bmodel"), feeds, dump_all=False, fixed=False)["tensors"]
    outputs = []
    for ours, theirs in zip(top.output_names, interpreter.output_names, strict=True):
        expected = np.asarray(interpreter.get_tensor(theirs), np.float32)
        found = np.asarray(simulated[theirs], np.float32).reshape(expected.shape)
        np.testing.assert_array_equal(found.view(np.uint32), expected.view(np.uint32), err_msg=ours)
        outputs.append(found)
    return outputs


def _interpreted(mlir: Path, feeds: dict[str, np.ndarray]) -> Any:
    import pymlir

    module = pymlir.module()
    module.load(str(mlir))
    for name in module.input_names:
        module.set_tensor(name, feeds[name])
    module.invoke(True)
    return module
