"""The proof of an import: what the user's own file gives in onnxruntime against what Top gives, on the same inputs.

Outputs are compared always, with their shapes; inner tensors where the import still has them. What a simplifier broke
is told from what the import broke, so that the caller can import the model again without it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
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
FEWER_ABOVE_FLOPS = (2e8, 2e9)  # above which there is one run less, and two
FEWER_ABOVE_NODES = (500, 2000)
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

    @cached_property
    def names(self) -> dict[str, str]:
        """What the tensors of `asked` are called in comparisons, by their ONNX names."""
        return reference.joined_names(self.asked, self.imported)

    @cached_property
    def is_float32(self) -> bool:
        """Whether the user's model computes in float32 alone."""
        import onnx

        other = {onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16, onnx.TensorProto.DOUBLE}
        values = [*self.asked.graph.input, *self.asked.graph.output]
        types = {v.type.tensor_type.elem_type for v in values} | {w.data_type for w in self.asked.graph.initializer}
        casts = [node for node in self.asked.graph.node if node.op_type == "Cast"]
        types |= {attribute.i for node in casts for attribute in node.attribute if attribute.name == "to"}
        return not types & other

    @cached_property
    def simple(self) -> reference.Session:
        """What was imported, in onnxruntime."""
        return reference.Session(self.imported, self.origin, True)

    @cached_property
    def plain(self) -> reference.Session:
        """The float32 form of the user's model, unsimplified, in onnxruntime."""
        model = graph.prepare(graph.copy_of(self.asked), self.origin, simplifier=False)
        return reference.Session(model, self.origin, True, self.names)


@dataclass
class Proof:
    """The worst of every tensor over all runs, and the tensors of the run that shows it best."""

    report: Report
    inputs: Tensors
    reference: Tensors
    result: Tensors
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
    with stages.stage("run the model with onnxruntime"):
        session = _session(subject)
        module = open_module(subject.mlir)
        if given is not None:
            runs = [("", given, session.run(given))]
            _require_finite_outputs(subject, runs[0][2])
        else:
            size = module.flops, len(subject.imported.graph.node)
            fewer = sum(size[0] > bound for bound in FEWER_ABOVE_FLOPS) + sum(size[1] > b for b in FEWER_ABOVE_NODES)
            runs = _seeded(subject, session, kinds, max(1, RUNS - fewer))
    with stages.stage("run Top"):
        results = [_run_top(module, inputs) for _, inputs, _ in runs]
    proof: Proof | None = None
    with stages.stage("compare"):
        for (words, inputs, expected), result in zip(runs, results, strict=True):
            top_outputs = list(module.output_names)
            report = _compare_run(subject, top_outputs, inputs, expected, result, tolerance, excepts)
            one = Proof(report, inputs, expected, result, [words] if words else [])
            proof = one if proof is None else _worse(proof, one)
    assert proof is not None
    return proof


def _run_top(module: Any, inputs: Tensors) -> dict[str, Any]:
    for name in module.input_names:  # the passes drop inputs that nothing reads
        module.set_tensor(name, inputs[name].reshape(module.input_shape(name)))
    module.invoke(True)
    return dict(module.get_all_tensor())


def _session(subject: Subject) -> reference.Session:
    """The user's model in onnxruntime; where that cannot load it, what was imported, with a warning.

    Tensors in formats that numpy lacks cannot be read from it; then it is the model's float32 form.
    """
    if not all(reference.is_readable(v) for v in [*subject.asked.graph.input, *subject.asked.graph.output]):
        return subject.plain
    try:
        return reference.Session(subject.asked, subject.origin, True, subject.names)
    except UserError as error:
        try:
            session = subject.simple
        except UserError:
            raise UserError(f"{error}; --skip_validation imports it without a proof") from error
        warn(f"{error}; the import is compared with the simplified model instead")
        return session


_Run = tuple[str, Tensors, dict[str, Any]]


def _seeded(subject: Subject, session: reference.Session, kinds: Mapping[str, InputKind], count: int) -> list[_Run]:
    """Runs on seeded inputs, those first on which every tensor of the reference is finite."""
    fine: list[_Run] = []
    others: list[_Run] = []
    for words, inputs in draws(kinds):
        if len(fine) == count:
            break
        expected = session.run(inputs)
        (others if any(nonfinite_text(t) for t in expected.values()) else fine).append((words, inputs, expected))
    if not fine and not subject.is_float32 and session is not subject.plain:
        return _seeded(subject, subject.plain, kinds, count)  # half precision overflows where float32 does not
    return fine or others[-1:]


def _require_finite_outputs(subject: Subject, expected: Tensors) -> None:
    for output in subject.outputs:
        name = subject.names.get(output, output)
        text = nonfinite_text(expected[name]) if name in expected else ""
        if text:
            raise UserError(
                f"the test input makes no good reference: onnxruntime's output '{output}' of '{subject.origin}' has "
                f"{text}; give another --test_input"
            )


def _compare_run(
    subject: Subject,
    top_outputs: Sequence[str],
    inputs: Tensors,
    expected: dict[str, Any],
    result: Tensors,
    tolerance: Tolerance,
    excepts: Sequence[str],
) -> Report:
    """The verdicts of one run; where another reference is the right one, `expected` gets its tensor."""
    own = dict(zip(top_outputs, (subject.names.get(output, output) for output in subject.outputs), strict=True))
    for top_name, name in own.items():
        expected.setdefault(top_name, expected[name])
    report = compare(result, expected, tolerance, excepts)
    verdicts = {r.name: r for r in report.results}
    for name in own.keys() & verdicts.keys():
        verdicts[name] = _output_verdict(name, result[name], expected[name], tolerance)
    runs = _OtherRuns(subject, inputs, expected)
    doubtful = any(verdicts[name].verdict not in ("EQUAL", "CLOSE") for name in own.keys() & verdicts.keys())
    if doubtful and subject.simplified:
        _require_same_network(subject, runs)
    for name in [name for name, r in verdicts.items() if r.failed]:
        # A simplifier may give what it fused the name of a tensor inside: then its own value is the reference. A model
        # in half precision is imported as float32, so that its float32 form is.
        others = [] if subject.is_float32 else [runs.plain]
        others += [runs.simple] if subject.simplified and name not in own else []
        for other in others:
            verdict = _output_verdict(name, result[name], other[name], tolerance) if name in other else None
            if verdict is not None and not verdict.failed:
                verdicts[name], expected[name] = verdict, other[name]
    report.results = list(verdicts.values())
    return report


@dataclass
class _OtherRuns:
    """What other forms of the model than the user's own give, run when first asked for."""

    subject: Subject
    inputs: Tensors
    expected: Tensors

    @cached_property
    def simple(self) -> dict[str, Any]:
        return self.subject.simple.run(self.inputs)

    @cached_property
    def plain(self) -> Tensors:
        return self.expected if self.subject.is_float32 else self.subject.plain.run(self.inputs)


def _output_verdict(name: str, result: Any, expected: Any, tolerance: Tolerance) -> TensorResult:
    """As `compare_tensor`, and the shape must be the same; a scalar is a vector of one in Top."""
    if tuple(result.shape) != (tuple(expected.shape) or (1,)):
        reason = f"the output has shape {list(result.shape)} against {list(expected.shape)} in the reference"
        return TensorResult(name, "FAILED", shape=tuple(result.shape), reason=reason)
    return compare_tensor(name, result, expected, tolerance)


def _require_same_network(subject: Subject, runs: _OtherRuns) -> None:
    """SimplificationChanged where the simplified model's outputs are not those of the user's, in float32."""
    import numpy as np

    simple, plain = runs.simple, runs.plain
    own = [subject.names.get(output, output) for output in subject.outputs]
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
