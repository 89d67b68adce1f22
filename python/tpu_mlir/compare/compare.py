"""Comparing two sets of named tensors: one verdict per tensor, one for all, and never a silent pass.

The ladder: EQUAL (every element ==), CLOSE (numerically the same up to rounding noise), SIMILAR (cosine, Euclidean and
SQNR at or above their floors), FAILED. Elements that are NaN or Inf are named; they are only accepted where the
reference has the very same ones and the tolerance does not ask for finite numbers, and then the rest is compared.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import CompareFailed, UserError
from ..files import write_text
from ..names import quoted, word
from . import metrics

# CLOSE: |a - b| <= RELATIVE * |b| + RELATIVE_TO_PEAK * max|b|. Tied to the peak, because an absolute bound would call
# two unrelated tiny tensors close.
CLOSE_RELATIVE = 1e-4
CLOSE_RELATIVE_TO_PEAK = 1e-5


@dataclass(frozen=True)
class Tolerance:
    """Floors of the similarity measures for SIMILAR; `exact` asks for EQUAL instead, `finite` for finite numbers, so
    that even the same NaN on both sides fails."""

    cosine: float = 0.99
    euclidean: float = 0.99
    sqnr_db: float = -math.inf
    exact: bool = False
    finite: bool = False

    @classmethod
    def of(cls, values: tuple[float, ...], exact: bool = False, finite: bool = False) -> Tolerance:
        sqnr_db = values[2] if len(values) > 2 else -math.inf
        return cls(values[0], values[1], sqnr_db, exact, finite)


@dataclass(frozen=True)
class TensorResult:
    name: str
    verdict: str  # EQUAL, CLOSE, SIMILAR or FAILED
    cosine: float = math.nan
    euclidean: float = math.nan
    sqnr_db: float = math.nan
    max_abs: float = math.nan
    shape: tuple[int, ...] = ()
    reason: str = ""  # why it failed
    note: str = ""  # what should be known though it passed

    @property
    def failed(self) -> bool:
        return self.verdict == "FAILED"


def compare_tensor(name: str, result: Any, reference: Any, tolerance: Tolerance) -> TensorResult:
    """The verdict on one tensor. Shapes may differ as long as the number of elements does not."""
    import numpy as np

    result, reference = np.asarray(result), np.asarray(reference)
    shape = tuple(result.shape)
    for which, tensor in (("result", result), ("reference", reference)):
        if tensor.dtype.kind not in "fiub":
            return TensorResult(name, "FAILED", shape=shape, reason=f"the {which} has type {tensor.dtype}, no numbers")
    if result.size != reference.size:
        reason = f"shape {list(result.shape)} against {list(reference.shape)} in the reference"
        return TensorResult(name, "FAILED", shape=shape, reason=reason)
    note = ""
    if result.shape != reference.shape:
        note = f"shape {list(result.shape)} against {list(reference.shape)}, compared in order"
        result, reference = result.reshape(-1), reference.reshape(-1)
    bad = metrics.nonfinite(result), metrics.nonfinite(reference)
    if bad[0] or bad[1]:
        text = "; ".join(
            f"{which} has {b[0]} of {result.size} elements not finite, the first is {b[2]} at {list(b[1])}"
            for which, b in zip(("result", "reference"), bad, strict=True)
            if b
        )
        keep = np.isfinite(reference)
        same = np.array_equal(np.isfinite(result), keep) and np.array_equal(
            result[~keep], reference[~keep], equal_nan=True
        )
        if not same or tolerance.finite:
            return TensorResult(name, "FAILED", shape=shape, reason=text)
        note = "; ".join(filter(None, (note, text + ", the same in both")))
        result, reference = result[keep], reference[keep]
        if not result.size:  # nothing is left to measure, and no measure may call that similar
            return TensorResult(name, "EQUAL", shape=shape, note=note)
    sums = metrics.gather(result, reference)
    measured = {name: float(getattr(sums, name)) for name in ("cosine", "euclidean", "sqnr_db", "max_abs")}
    verdict, reason = _verdict(result, reference, measured, sums.peak, tolerance)
    return TensorResult(name, verdict, **measured, shape=shape, reason=reason, note=note)


def _verdict(
    result: Any, reference: Any, measured: Mapping[str, float], peak: float, tolerance: Tolerance
) -> tuple[str, str]:
    import numpy as np

    if np.array_equal(result, reference):
        return "EQUAL", ""
    if tolerance.exact:
        first = np.unravel_index(int((result != reference).argmax()), result.shape)
        count = int((result != reference).sum())
        index = [int(i) for i in first]
        return (
            "FAILED",
            f"{count} of {result.size} elements differ, first at {index}: {result[first]} != {reference[first]}",
        )
    if metrics.is_close(result, reference, CLOSE_RELATIVE, CLOSE_RELATIVE_TO_PEAK * peak):
        return "CLOSE", ""
    for metric in ("cosine", "euclidean", "sqnr_db"):
        floor = getattr(tolerance, metric)
        if not measured[metric] >= floor:
            return "FAILED", f"{metric} {measured[metric]:.4f} < {floor:g}"
    return "SIMILAR", ""


@dataclass
class Report:
    """All verdicts of one comparison, and the names that only one side has."""

    results: list[TensorResult]
    tolerance: Tolerance
    excepted: list[str] = field(default_factory=list)
    only_in_result: list[str] = field(default_factory=list)
    only_in_reference: list[str] = field(default_factory=list)

    @property
    def failed(self) -> list[TensorResult]:
        return [r for r in self.results if r.failed]

    def worst(self, metric: str) -> TensorResult | None:
        """The tensor with the lowest `metric`; None where nothing was measured."""
        measured = [r for r in self.results if not math.isnan(getattr(r, metric))]
        return min(measured, key=lambda r: getattr(r, metric)) if measured else None

    def lines(self, verbose: int = 0) -> list[str]:
        """Human text: failed tensors and notes always, one line per tensor when verbose, then a summary."""
        shown = self.results if verbose else [r for r in self.results if r.failed or r.note]
        width = max((len(word(r.name)) for r in shown), default=0)
        lines = [_line(r, width) for r in shown]
        counts = {v: sum(r.verdict == v for r in self.results) for v in ("EQUAL", "CLOSE", "SIMILAR", "FAILED")}
        total = len(self.results)
        lines.append(
            f"compared {total} tensors: " + ", ".join(f"{n} {v}" for v, n in counts.items() if n or v == "FAILED")
        )
        for metric in ("cosine", "euclidean", "sqnr_db"):
            worst = self.worst(metric)
            if worst is not None:
                lines.append(f"  lowest {metric} {getattr(worst, metric):.6f} ({word(worst.name)})")
        for what, missing in (
            ("only in the result", self.only_in_result),
            ("only in the reference", self.only_in_reference),
            ("excepted", self.excepted),
        ):
            if missing:
                tail = ", ..." if len(missing) > 8 and not verbose else ""
                names = ", ".join(map(word, missing if verbose else missing[:8]))
                lines.append(f"  {len(missing)} {what}: {names}{tail}")
        return lines

    def require_pass(self, result_name: str, reference_name: str) -> None:
        """CompareFailed naming the first failed tensor, if any failed."""
        failed = self.failed
        if failed:
            first = failed[0]
            raise CompareFailed(
                f"tensor {quoted(first.name)} differs: {first.reason} (first of {len(failed)} of {len(self.results)}); "
                f"reference '{reference_name}', result '{result_name}'"
            )

    def save_csv(self, path: Path | str) -> None:
        """One row per compared tensor."""
        import csv
        import io

        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["name", "verdict", "cosine", "euclidean", "sqnr_db", "max_abs", "shape", "remark"])
        for r in self.results:
            shape = "x".join(map(str, r.shape))
            writer.writerow([r.name, r.verdict, r.cosine, r.euclidean, r.sqnr_db, r.max_abs, shape, r.reason or r.note])
        write_text(path, text.getvalue())


def _line(r: TensorResult, width: int) -> str:
    text = f"{word(r.name):<{width}}  {r.verdict:<7}"
    if not math.isnan(r.cosine):
        text += (
            f"  cosine {r.cosine:.6f}  euclidean {r.euclidean:.6f}  sqnr_db {r.sqnr_db:.2f}  max_abs {r.max_abs:.6g}"
        )
    remark = r.reason or r.note
    return text + (f"  ({remark})" if remark else "")


def compare(
    result: Mapping[str, Any],
    reference: Mapping[str, Any],
    tolerance: Tolerance | None = None,
    excepts: Collection[str] = (),
) -> Report:
    """Compare all tensors that both sides have, in the order of `result`.

    Raises UserError where no name is in both: comparing nothing must not pass.
    """
    tolerance = tolerance or Tolerance()
    common = [name for name in result if name in reference]
    unknown = [name for name in excepts if name not in result and name not in reference]
    if unknown:
        raise UserError(f"excepted tensor '{unknown[0]}' is in neither file")
    compared = [name for name in common if name not in excepts]
    if not compared:
        some = [", ".join(list(side)[:4]) or "none" for side in (result, reference)]
        sides = f"the result has {some[0]}; the reference has {some[1]}"
        raise UserError(f"nothing to compare: no tensor name is in both ({sides})")
    return Report(
        results=[compare_tensor(name, result[name], reference[name], tolerance) for name in compared],
        tolerance=tolerance,
        excepted=[name for name in common if name in excepts],
        only_in_result=[name for name in result if name not in reference],
        only_in_reference=[name for name in reference if name not in result],
    )
