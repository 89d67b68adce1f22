"""The proof of an import: what the user's own file gives in onnxruntime against what Top gives, on the same inputs.

Outputs are compared always, with their shapes; inner tensors where the import still has them. What a simplifier broke
is told from what the import broke, so that the caller can import the model again without it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .compare.compare import Report, TensorResult, Tolerance, compare, compare_tensor
from .compare.metrics import is_close
from .errors import UserError
from .finite import nonfinite_text
from .frontend.onnx import graph, reference
from .progress import Stages, warn
from .runner import open_module
from .seeded import InputKind, draws

RUNS = 3  # seeded runs of a small network
FEWER_ABOVE = (2e8, 2e9)  # FLOPs above which there is one run less, and two
# Two runs of onnxruntime on the same network, with other fusions, differ by less: |a - b| <= this * (|b| + max|b|).
SAME_NETWORK = 1e-3

Tensors = Mapping[str, Any]


class SimplificationChanged(Exception):
    """The simplified model is another network than the user's; the text says in which output."""


@dataclass
class Subject:
    """What is proven. asked: the user's model, cut as asked. imported: the form of it that Top was made of."""

    asked: Any
    imported: Any
    mlir: Path
    origin: str
    simplified: bool  # whether `imported` went through a simplifier

    @property
    def outputs(self) -> list[str]:
        return [o.name for o in self.asked.graph.output]


@dataclass
class Proof:
    """The worst of every tensor over all runs, and the tensors of the run that shows it best."""

    report: Report
    inputs: Tensors
    reference: Tensors
    result: Tensors
    flops: int
    ranges: list[str] = field(default_factory=list)  # what seeded inputs were drawn from; empty for the user's own


def prove(
    subject: Subject,
    given: Tensors | None,
    kinds: Mapping[str, InputKind],
    tolerance: Tolerance,
    excepts: Sequence[str],
    stages: Stages,
) -> Proof:
    """Prove on the user's inputs if there are any, else on seeded ones.

    Raises SimplificationChanged, or UserError where there is nothing to compare with. What differs is in the report.
    """
    names = reference.joined_names(subject.asked, subject.imported)
    with stages.stage("run the model with onnxruntime"):
        session = _session(subject, names)
        module = open_module(subject.mlir)
        flops = int(module.flops)
        count = RUNS - sum(flops > bound for bound in FEWER_ABOVE)
        runs = [("", given, session.run(given))] if given is not None else _seeded(session, kinds, count)
    if given is not None:
        _require_finite_outputs(subject, names, runs[0][2])
    with stages.stage("run Top"):
        results = [_run_top(module, inputs) for _, inputs, _ in runs]
    proof: Proof | None = None
    with stages.stage("compare"):
        for (words, inputs, expected), result in zip(runs, results, strict=True):
            top_outputs = list(module.output_names)
            found = _compare_run(subject, names, top_outputs, inputs, expected, result, tolerance, excepts)
            one = Proof(*found, flops=flops, ranges=[words] if words else [])
            proof = one if proof is None else _worse(proof, one)
    assert proof is not None
    return proof


def _run_top(module: Any, inputs: Tensors) -> dict[str, Any]:
    for name in module.input_names:  # the passes drop inputs that nothing reads
        module.set_tensor(name, inputs[name].reshape(module.input_shape(name)))
    module.invoke(True)
    return dict(module.get_all_tensor())


def _session(subject: Subject, names: Mapping[str, str]) -> reference.Session:
    """The user's model in onnxruntime; where that cannot load it, what was imported, with a warning."""
    try:
        return reference.Session(subject.asked, subject.origin, True, names)
    except UserError as error:
        try:
            session = reference.Session(subject.imported, subject.origin, True)
        except UserError:
            raise UserError(f"{error}; --skip_validation imports it without a proof") from error
        warn(f"{error}; the import is compared with the simplified model instead")
        return session


_Run = tuple[str, Tensors, dict[str, Any]]


def _seeded(session: reference.Session, kinds: Mapping[str, InputKind], count: int) -> list[_Run]:
    """Runs on seeded inputs, those first on which every tensor of the reference is finite."""
    fine: list[_Run] = []
    others: list[_Run] = []
    for words, inputs in draws(kinds):
        if len(fine) == count:
            break
        expected = session.run(inputs)
        (others if any(nonfinite_text(t) for t in expected.values()) else fine).append((words, inputs, expected))
    return fine or others[-1:]


def _require_finite_outputs(subject: Subject, names: Mapping[str, str], expected: Tensors) -> None:
    for output in subject.outputs:
        name = names.get(output, output)
        text = nonfinite_text(expected[name]) if name in expected else ""
        if text:
            raise UserError(
                f"the test input makes no good reference: onnxruntime's output '{output}' of '{subject.origin}' has "
                f"{text}; give another --test_input"
            )


def _compare_run(
    subject: Subject,
    names: Mapping[str, str],
    top_outputs: Sequence[str],
    inputs: Tensors,
    expected: dict[str, Any],
    result: Tensors,
    tolerance: Tolerance,
    excepts: Sequence[str],
) -> tuple[Report, Tensors, Tensors, Tensors]:
    for output, top_name in zip(subject.outputs, top_outputs, strict=True):
        expected.setdefault(top_name, expected[names.get(output, output)])
    report = compare(result, expected, tolerance, excepts)
    verdicts = {r.name: r for r in report.results}
    own = {names.get(output, output) for output in subject.outputs}
    doubtful = False
    for output, top_name in zip(subject.outputs, top_outputs, strict=True):
        name = names.get(output, output)
        if name in excepts or top_name in excepts:
            continue
        verdict = verdicts[top_name] = _output_verdict(top_name, result[top_name], expected[name], tolerance)
        doubtful |= verdict.verdict not in ("EQUAL", "CLOSE")
    inner = [name for name, r in verdicts.items() if r.failed and name not in own and name not in top_outputs]
    if subject.simplified and (doubtful or inner):
        simple = reference.Session(subject.imported, subject.origin, True).run(inputs)
        if doubtful:
            _require_same_network(subject, names, simple, inputs, expected)
        for name in inner:
            # A simplifier may give what it fused the name of a tensor inside: then its own value is the reference.
            again = compare_tensor(name, result[name], simple[name], tolerance) if name in simple else None
            if again is not None and not again.failed:
                verdicts[name], expected[name] = again, simple[name]
    report.results = list(verdicts.values())
    return report, inputs, expected, result


def _output_verdict(name: str, result: Any, expected: Any, tolerance: Tolerance) -> TensorResult:
    """As `compare_tensor`, and the shape must be the same; a scalar is a vector of one in Top."""
    if tuple(result.shape) != (tuple(expected.shape) or (1,)):
        reason = f"the output has shape {list(result.shape)} against {list(expected.shape)} in the reference"
        return TensorResult(name, "FAILED", shape=tuple(result.shape), reason=reason)
    return compare_tensor(name, result, expected, tolerance)


def _require_same_network(
    subject: Subject, names: Mapping[str, str], simple: Tensors, inputs: Tensors, expected: Tensors
) -> None:
    """SimplificationChanged where the simplified model's outputs are not the user's."""
    import numpy as np

    plain = expected
    own = [names.get(output, output) for output in subject.outputs]
    if any(expected[name].dtype != np.float32 for name in own):
        # The user's model computes in another format; the simplifier is only asked to keep its float32 form.
        copy = graph.prepare(graph.copy_of(subject.asked), subject.origin, simplifier=False)
        plain = reference.Session(copy, subject.origin, False, names).run(inputs)
    for output, name in zip(subject.outputs, own, strict=True):
        if name not in simple:
            continue
        if simple[name].shape != plain[name].shape:
            raise SimplificationChanged(
                f"output '{output}' has shape {list(plain[name].shape)} in the model and "
                f"{list(simple[name].shape)} after simplification"
            )
        keep = np.isfinite(plain[name])
        peak = float(np.abs(plain[name][keep]).max(initial=0.0))
        same = np.array_equal(np.isfinite(simple[name]), keep) and is_close(
            simple[name][keep], plain[name][keep], SAME_NETWORK, SAME_NETWORK * peak
        )
        if not same:
            raise SimplificationChanged(f"output '{output}' has other values after simplification")


def _rank(result: TensorResult) -> tuple[bool, float]:
    """Lower is worse; where nothing was measured, all elements are the same or the tensor failed."""
    return not result.failed, 1.0 if math.isnan(result.cosine) else result.cosine


def _worse(first: Proof, second: Proof) -> Proof:
    """Both proofs as one: every tensor's worse verdict; the tensors of the first run that failed, else of the first."""
    mine = {r.name: r for r in first.report.results}
    for r in second.report.results:
        mine[r.name] = min(mine.get(r.name, r), r, key=_rank)
    shown = second if second.report.failed and not first.report.failed else first
    report = replace(first.report, results=list(mine.values()))
    return replace(shown, report=report, ranges=[*first.ranges, *second.ranges])
