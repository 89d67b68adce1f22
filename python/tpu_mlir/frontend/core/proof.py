"""The proof of an import: what the user's own file gives in its framework against what Top gives, on the same inputs.

Outputs are compared always, with their shapes; inner tensors where the import still has them. What a simplifier broke
is told from what the import broke, so that the caller can import the network again without it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from ...compare.compare import Report, TensorResult, Tolerance, compare, compare_tensor
from ...compare.metrics import is_close
from ...errors import UserError
from ...finite import nonfinite_text
from ...progress import Stages, warn
from ...runner import open_module
from ...seeded import InputKind, draws
from .names import joined_names
from .protocol import Graph, Network, Session, Tensors

RUNS = 3  # seeded runs of a small network
FEWER_ABOVE_FLOPS = (2e8, 2e9)  # above which there is one run less, and two
FEWER_ABOVE_NODES = (500, 2000)
# Two runs of a framework on the same network, with other fusions, differ by less: |a - b| <= this * (|b| + max|b|).
SAME_NETWORK = 1e-3


class SimplificationChanged(Exception):
    """The simplified form is another network than the user's; the text says in which output."""


@dataclass
class Subject:
    """What is proven. network: the user's own. graph: the form of it that Top was made of."""

    network: Network
    graph: Graph
    mlir: Path

    @property
    def outputs(self) -> Sequence[str]:
        return self.network.outputs

    @cached_property
    def names(self) -> dict[str, str]:
        """What the network's tensors are called in comparisons, by the framework's names."""
        return joined_names(self.network.nodes, (i.name for i in self.graph.inputs), self.graph.nodes)

    @cached_property
    def in_float32(self) -> Session | None:
        """The network in float32, unsimplified, in its framework; None where it is so itself."""
        return self.network.in_float32(self.names)

    @cached_property
    def imported(self) -> Session | None:
        """What was imported, in its framework; None where that is the network itself."""
        return self.graph.session()


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
    with stages.stage(f"run the model with {subject.network.runtime}"):
        session = _session(subject)
        module = open_module(subject.mlir)
        if given is not None:
            runs = [("", given, session.run(given))]
            _require_finite_outputs(subject, runs[0][2])
        else:
            size = module.flops, len(subject.graph.nodes)
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
        module.set_tensor(name, inputs[name].reshape(module.input_shape(name)).astype(module.tensor_type(name)))
    module.invoke(True)
    return dict(module.get_all_tensor())


def _session(subject: Subject) -> Session:
    """The user's network in its framework; where that cannot run it, what was imported, with a warning."""
    try:
        session = subject.network.reference(subject.names) or subject.in_float32
        assert session is not None, "a network that cannot be read has a float32 form"
        return session
    except UserError as error:
        try:
            other = subject.imported
        except UserError:
            other = None
        if other is None:
            raise UserError(f"{error}; --skip_validation imports it without a proof") from error
        warn(f"{error}; the import is compared with the simplified model instead")
        return other


_Run = tuple[str, Tensors, dict[str, Any]]


def _seeded(subject: Subject, session: Session, kinds: Mapping[str, InputKind], count: int) -> list[_Run]:
    """Runs on seeded inputs, those first on which every tensor of the reference is finite."""
    fine: list[_Run] = []
    others: list[_Run] = []
    for words, inputs in draws(kinds):
        if len(fine) == count:
            break
        expected = session.run(inputs)
        (others if any(nonfinite_text(t) for t in expected.values()) else fine).append((words, inputs, expected))
    if not fine and subject.in_float32 is not None and session is not subject.in_float32:
        return _seeded(subject, subject.in_float32, kinds, count)  # half precision overflows where float32 does not
    return fine or others[-1:]


def _require_finite_outputs(subject: Subject, expected: Tensors) -> None:
    for output in subject.outputs:
        name = subject.names.get(output, output)
        text = nonfinite_text(expected[name]) if name in expected else ""
        if text:
            raise UserError(
                f"the test input makes no good reference: {subject.network.runtime}'s output '{output}' of "
                f"'{subject.network.origin}' has {text}; give another --test_input"
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
    if doubtful and subject.graph.is_simplified:
        _require_same_network(subject, runs)
    for name in [name for name, r in verdicts.items() if r.failed]:
        # A simplifier may give what it fused the name of a tensor inside: then its own value is the reference. A model
        # in half precision is imported as float32, so that its float32 form is.
        others = [] if subject.in_float32 is None else [runs.in_float32]
        others += [runs.imported] if subject.graph.is_simplified and name not in own else []
        for other in others:
            verdict = _output_verdict(name, result[name], other[name], tolerance) if name in other else None
            if verdict is not None and not verdict.failed:
                verdicts[name], expected[name] = verdict, other[name]
    report.results = list(verdicts.values())
    return report


@dataclass
class _OtherRuns:
    """What other forms of the network than the user's own give, run when first asked for."""

    subject: Subject
    inputs: Tensors
    expected: Tensors

    @cached_property
    def imported(self) -> Tensors:
        session = self.subject.imported
        return self.expected if session is None else session.run(self.inputs)

    @cached_property
    def in_float32(self) -> Tensors:
        session = self.subject.in_float32
        return self.expected if session is None else session.run(self.inputs)


def _output_verdict(name: str, result: Any, expected: Any, tolerance: Tolerance) -> TensorResult:
    """As `compare_tensor`, and the shape must be the same; a scalar is a vector of one in Top."""
    if tuple(result.shape) != (tuple(expected.shape) or (1,)):
        reason = f"the output has shape {list(result.shape)} against {list(expected.shape)} in the reference"
        return TensorResult(name, "FAILED", shape=tuple(result.shape), reason=reason)
    return compare_tensor(name, result, expected, tolerance)


def _require_same_network(subject: Subject, runs: _OtherRuns) -> None:
    """SimplificationChanged where the simplified graph's outputs are not those of the user's, in float32."""
    import numpy as np

    simple, plain = runs.imported, runs.in_float32
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
