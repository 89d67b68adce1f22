"""Proves a deployment: the lowered model against the reference, and the bmodel against the lowered model, exactly.

The first comparison is of similarity, because quantisation changes numbers. The second is `==` on the raw values of
every tensor, because the bmodel must do precisely what the lowered model says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..calibration.table import CalibrationTable, load_table
from ..compare.compare import Report, TensorResult, Tolerance, compare, compare_tensor
from ..errors import CompareFailed, UserError
from ..fills import lost_fills
from ..finite import require_finite
from ..inputs import load_inputs
from ..npz import load_npz, save_npz
from ..runner import input_types, open_module, preprocessing, simulate_known
from .losses import Loss, Network, find_losses
from .options import Options

RANDOM_SEED = 1684
# A layer is degenerate when its int8 result takes fewer values or saturates more than this: it then proves nothing.
FEWEST_VALUES = 20
MOST_SATURATED = 0.01


@dataclass
class Proof:
    """What the checks found; `exact` and `degenerate` are of the bmodel's run.

    similar: against the user's reference, with floors. outputs: against that or against a run of the Top model, as
    measured.
    """

    input_origin: str
    similar: Report | None
    exact: Report
    expected: int
    summary: dict[str, Any]
    degenerate: list[str] = field(default_factory=list)
    outputs: list[TensorResult] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)

    def require_pass(self, options: Options) -> None:
        """CompareFailed where a tensor fell below its floor, differs, or was not compared at all."""
        names = str(options.beside_model("_model_outputs.npz")), str(options.beside_model("_tpu_outputs.npz"))
        if len(self.exact.results) != self.expected:
            missing = self.exact.only_in_reference
            raise CompareFailed(
                f"the bmodel shows {len(self.exact.results)} of {self.expected} tensors, "
                f"'{missing[0] if missing else '?'}' is missing; reference '{names[1]}', result '{names[0]}'"
            )
        self.exact.require_pass(*names)
        fatal = [loss for loss in self.losses if loss.fatal and loss.tensor not in options.excepts]
        if fatal:
            more = f" (first of {len(fatal)})" if len(fatal) > 1 else ""
            raise CompareFailed(f"{fatal[0].sentence}{more}")
        if self.similar is not None:
            self.similar.require_pass(names[1], str(options.test_reference))


def prove(options: Options, lowered: Path, final: Path) -> Proof:
    """Runs the lowered model and the bmodel on the same input, writes both runs' tensors, and compares."""
    original = open_module(options.mlir)
    inputs, origin = _inputs(options, original)
    top, outputs = original.ops, list(original.output_names)
    fills = lost_fills(original) if options.integer else {}
    reference = _reference(options, original, inputs, fills)
    del original  # its weights need not stay beside those of the lowered model
    module = open_module(lowered)
    for name, values in inputs.items():
        module.set_tensor(name, values)
    module.invoke(True)
    floats = dict(module.get_all_tensor())
    save_npz(options.beside_model("_tpu_outputs.npz"), floats)
    reference = {name: _without_fill(r, floats.get(name), fills.get(name)) for name, r in reference.items()}
    similar = None
    if options.test_reference is not None:
        similar = compare(floats, reference, Tolerance.of(options.tolerance), options.excepts)

    fixed, known, summary = simulate_known(options.model, inputs, True, True)
    save_npz(options.beside_model("_model_outputs.npz"), fixed)
    expected = _expected(module, open_module(final), inputs)
    exact = compare_exactly(fixed, {name: _only_known(values, known.get(name)) for name, values in expected.items()})
    degenerate = []
    scales = {name: float(module.qscale(name)) for name in module.all_tensor_names}
    if options.test_input:
        degenerate = degenerate_layers(expected, scales, reference)
    losses: list[Loss] = []
    if options.integer and options.calibration_table is not None:
        table = load_table(options.calibration_table)
        _refuse_wrong_zeros(table, reference, options.calibration_table)
        raw = module.get_all_fixed_tensor()
        losses, lost = find_losses(
            Network(module.ops, top, outputs, raw, scales, reference, table.rows, options.quant_output)
        )
        degenerate = [line for line in degenerate if line.rpartition("':")[0][1:] not in lost]
    return Proof(
        origin,
        similar,
        exact,
        len(expected),
        summary,
        degenerate,
        _output_similarity(outputs, list(module.output_names), floats, reference, options),
        losses,
    )


def _reference(
    options: Options, original: Any, inputs: Mapping[str, Any], fills: Mapping[str, float]
) -> dict[str, Any]:
    """The fp32 tensors to measure against: the user's, or those of the Top model on the same inputs."""
    if options.test_reference is not None:
        reference = load_npz(options.test_reference, "--test_reference")
        compared = {name: _without_fill(r, r, fills.get(name)) for name, r in reference.items()}
        for name in options.excepts:
            compared.pop(name, None)
        require_finite(compared, f"--test_reference '{options.test_reference}'")
        return reference
    for name, values in inputs.items():
        original.set_tensor(name, values)
    original.invoke(True)
    return dict(original.get_all_tensor())


def _without_fill(reference: Any, result: Any | None, fill: float | None) -> Any:
    """`reference` with the result's values where it holds a fill that nothing keeps, zeros where that is no number."""
    import numpy as np

    if fill is None or result is None or reference.size != result.size:
        return reference
    return np.where(reference == np.float32(fill), np.nan_to_num(result.reshape(reference.shape)), reference)


def _refuse_wrong_zeros(table: CalibrationTable, reference: Mapping[str, Any], path: Path) -> None:
    """UserError where a tensor whose row is `0 0 0` is more than noise on this input."""
    import numpy as np

    for name in table.zeros:
        values = reference.get(name)
        largest = float(np.abs(values).max(initial=0)) if values is not None else 0.0
        if largest > table.rows[name].threshold:
            raise UserError(
                f"calibration table '{path}': the row of tensor '{name}' is 0 0 0, but on this input the tensor "
                f"reaches {largest:.3g}, which INT8 would lose; calibrate again, on inputs like this one"
            )


def _output_similarity(
    original: Sequence[str],
    lowered: Sequence[str],
    floats: Mapping[str, Any],
    reference: Mapping[str, Any],
    options: Options,
) -> list[TensorResult]:
    """How near each of the network's outputs is to fp32; outputs that the reference lacks are left out."""
    tolerance = Tolerance.of(options.tolerance)
    results = lowered if len(lowered) == len(original) else original  # two outputs may have become one
    return [
        compare_tensor(name, floats[result], reference[name], tolerance)
        for name, result in zip(original, results, strict=True)
        if name in reference and result in floats
    ]


def _inputs(options: Options, module: Any) -> tuple[dict[str, Any], str]:
    shapes = {name: tuple(module.input_shape(name)) for name in module.input_names}
    if options.test_input:
        loaded = load_inputs(options.test_input, shapes, preprocessing(module), input_types(module))
        return loaded, ", ".join(map(str, options.test_input))
    return random_inputs(
        shapes, options.calibration_table, input_types(module)
    ), f"seeded random values (seed {RANDOM_SEED})"


def random_inputs(
    shapes: Mapping[str, tuple[int, ...]], calibration_table: Path | None, types: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Uniform over each input's calibrated range; without a table, normal. Integers are 0 to 9, booleans both."""
    import numpy as np

    rows = load_table(calibration_table).rows if calibration_table is not None else {}
    tensors = {}
    for index, (name, shape) in enumerate(shapes.items()):
        rng = np.random.default_rng([RANDOM_SEED, index])
        kind = (types or {}).get(name, "float32")
        if kind != "float32":
            tensors[name] = rng.integers(0, 2 if kind == "bool" else 10, shape).astype(kind)
            continue
        row = rows.get(name)
        values = rng.normal(0, 1, shape) if row is None else rng.uniform(row.minimum, row.maximum, shape)
        tensors[name] = values.astype(np.float32)
    return tensors


def _expected(lowered: Any, final: Any, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The raw values of every tensor that the bmodel must show: what `final` computes and is no view of another tensor.

    The values are those of the `lowered` run, so that the passes between the two are proven too; a tensor that only
    these passes made is taken from a run of `final`.
    """
    hidden = {*final.view_names, *inputs}
    names = [name for name in final.all_tensor_names if name not in hidden]
    if not names:
        raise UserError("the model computes nothing: every result is a view of an input")
    values = lowered.get_all_fixed_tensor()
    if any(name not in values for name in names):
        for name, tensor in inputs.items():
            final.set_tensor(name, tensor)
        final.invoke(True)
        values = {**final.get_all_fixed_tensor(), **values}
    return {name: values[name] for name in names}


def _only_known(values: Any, mask: Any | None) -> Any:
    """`values` with 0 where the bmodel computes nothing, as it shows them."""
    import numpy as np

    return values if mask is None else np.where(mask.reshape(values.shape), values, np.zeros_like(values))


def compare_exactly(result: Mapping[str, Any], expected: Mapping[str, Any]) -> Report:
    """`==` on every tensor of `expected` that `result` shows, and the same number type.

    The type counts, because `==` alone would let an int8 tensor pass as uint8 while nothing is negative.
    """
    shown = {name: result[name] for name in expected if name in result}
    report = compare(shown, expected, Tolerance(exact=True))
    for i, r in enumerate(report.results):
        found, wanted = result[r.name].dtype, expected[r.name].dtype
        if found != wanted:
            report.results[i] = TensorResult(r.name, "FAILED", shape=r.shape, reason=f"type {found}, expected {wanted}")
    return report


def degenerate_layers(fixed: Mapping[str, Any], scales: Mapping[str, float], reference: Mapping[str, Any]) -> list[str]:
    """One line per 8-bit tensor with too few distinct or too many saturated values.

    Where `reference` has the tensor's true values, only those beyond the format's range count as saturated: a network
    that clips by itself (ReLU6) fills the last step without losing anything.
    """
    import numpy as np

    found = []
    for name, values in fixed.items():
        if values.dtype not in (np.int8, np.uint8):
            continue
        limits = np.iinfo(values.dtype)
        distinct = len(np.unique(values))
        # Zero is where ReLU puts half of everything: only the upper end of an unsigned tensor is saturation.
        clipped = values == limits.max
        if limits.min < 0:
            clipped |= values == limits.min
        true = reference.get(name)
        if true is not None and true.size == values.size and name in scales:
            in_steps = true.reshape(values.shape) / scales[name]
            clipped &= (in_steps > limits.max + 0.5) | (in_steps < limits.min - 0.5)
        saturated = float(clipped.mean())
        # A tensor of fewer elements than the floor cannot have as many values.
        if distinct < min(FEWEST_VALUES, values.size // 2):
            found.append(f"'{name}': {distinct} distinct values in {values.size}")
        elif saturated > MOST_SATURATED and values.size >= 1 / MOST_SATURATED:
            found.append(f"'{name}': {100 * saturated:.1f} % saturated")
    return found
