"""Proves a deployment: the lowered model against the reference, and the bmodel against the lowered model, exactly.

The first comparison is of similarity, because quantisation changes numbers. The second is `==` on the raw values of
every tensor, because the bmodel must do precisely what the lowered model says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..compare.compare import Report, TensorResult, Tolerance, compare
from ..errors import CompareFailed, UserError
from ..inputs import load_inputs
from ..npz import load_npz, save_npz
from ..runner import open_module, preprocessing, simulate_known
from .options import Options

RANDOM_SEED = 1684
# A layer is degenerate when its int8 result takes fewer values or saturates more than this: it then proves nothing.
FEWEST_VALUES = 20
MOST_SATURATED = 0.01


@dataclass
class Proof:
    """What the checks found; `exact` and `degenerate` are of the bmodel's run."""

    input_origin: str
    similar: Report | None
    exact: Report
    expected: int
    summary: dict[str, Any]
    degenerate: list[str] = field(default_factory=list)

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
        if self.similar is not None:
            self.similar.require_pass(names[1], str(options.test_reference))


def prove(options: Options, lowered: Path, final: Path) -> Proof:
    """Runs the lowered model and the bmodel on the same input, writes both runs' tensors, and compares."""
    module = open_module(lowered)
    inputs, origin = _inputs(options, module)
    for name, values in inputs.items():
        module.set_tensor(name, values)
    module.invoke(True)
    floats = dict(module.get_all_tensor())
    save_npz(options.beside_model("_tpu_outputs.npz"), floats)
    similar = None
    reference: dict[str, Any] = {}
    if options.test_reference is not None:
        reference = load_npz(options.test_reference, "--test_reference")
        similar = compare(floats, reference, Tolerance.of(options.tolerance), options.excepts)

    fixed, known, summary = simulate_known(options.model, inputs, True, True)
    save_npz(options.beside_model("_model_outputs.npz"), fixed)
    expected = _expected(module, open_module(final), inputs)
    exact = compare_exactly(fixed, {name: _only_known(values, known.get(name)) for name, values in expected.items()})
    degenerate = []
    if options.test_input:
        scales = {name: float(module.qscale(name)) for name in expected if name in module.all_tensor_names}
        degenerate = degenerate_layers(expected, scales, reference)
    return Proof(origin, similar, exact, len(expected), summary, degenerate)


def _inputs(options: Options, module: Any) -> tuple[dict[str, Any], str]:
    shapes = {name: tuple(module.input_shape(name)) for name in module.input_names}
    if options.test_input:
        return load_inputs(options.test_input, shapes, preprocessing(module)), ", ".join(map(str, options.test_input))
    return random_inputs(shapes, options.calibration_table), f"seeded random values (seed {RANDOM_SEED})"


def random_inputs(shapes: Mapping[str, tuple[int, ...]], calibration_table: Path | None) -> dict[str, Any]:
    """Uniform over each input's calibrated range; without a table, normal."""
    import numpy as np

    from ..calibration.table import load_table

    rows = load_table(calibration_table).rows if calibration_table is not None else {}
    tensors = {}
    for index, (name, shape) in enumerate(shapes.items()):
        rng = np.random.default_rng([RANDOM_SEED, index])
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
