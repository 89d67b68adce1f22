"""The deployment itself: lower, finish, generate, prove, report. Each step leaves its files to look into."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..progress import Stages, human_count
from ..runner import run_lines
from .check import Proof, prove
from .options import Options, check
from .pipeline import finish, generate, lower
from .safety import Safety, check_safety


@dataclass
class Deployment:
    """What a deployment made and what its proof found (None with skip_validation)."""

    options: Options
    files: list[Path]
    seconds: dict[str, float]
    network_macs: int
    proof: Proof | None = None
    safety: Safety | None = None
    lines: list[str] = field(default_factory=list)


def deploy(options: Options, quiet: bool = False, require: bool = True) -> Deployment:
    """Compiles `options.mlir` to `options.model` and, unless told not to, runs and compares it.

    Raises UserError for what the user can change and, where `require` is set, CompareFailed where the bmodel is not
    safe to run or a comparison fell below its floor; the files of the finished steps are kept then.
    """
    check(options)
    stages = Stages(quiet)
    with stages.stage(f"lower to {options.quantize} for {options.chip}"):
        lowered = lower(options)
    with stages.stage("lay out, tile and place"):
        final = finish(options, lowered)
    with stages.stage("generate commands"):
        generate(options, final)
    proof = safety = None
    if not options.skip_validation:
        with stages.stage("check that the bmodel is safe to run"):
            safety = check_safety(options.model)
        if require:
            safety.require_pass(options.model)
        with stages.stage("run the lowered model and the bmodel, compare"):
            proof = prove(options, lowered, final)
    if options.report is not None:
        from ..report.page import write_report

        with stages.stage("write the report"):
            write_report(
                options.model, options.report, options.groups_file if options.opt > 1 or options.use_groups else None
            )
    result = Deployment(options, _files(options), stages.seconds, _network_macs(options), proof, safety)
    result.lines = summary(result)
    if not quiet:
        print("\n".join(result.lines), flush=True)
    if proof is not None and require:
        proof.require_pass(options)
    if options.clean:
        for path in result.files:
            if path != options.model:
                path.unlink(missing_ok=True)
    return result


def _files(options: Options) -> list[Path]:
    left = sorted(p for p in options.model.parent.glob(f"{options.prefix}_*") if p.is_file())
    return [*left, options.model]


def _network_macs(options: Options) -> int:
    from ..runner import open_module

    return int(open_module(options.mlir).macs)


def summary(result: Deployment) -> list[str]:
    """What a user wants to know at the end, one fact a line."""
    options = result.options
    way = (" asymmetric" if options.asymmetric else " symmetric") if options.integer else ""
    lines = [f"chip:       {options.chip}, {options.quantize}{way}"]
    if result.safety is not None:
        lines += result.safety.lines()
    if result.proof is not None:
        lines += _proof_lines(result.proof, result.network_macs)
    lines.append(f"time:       {sum(result.seconds.values()):.2f} s")
    if options.report is not None:
        lines.append(f"report:     {options.report}")
    lines.append("files:")
    lines += [f"  {path} ({human_count(path.stat().st_size)}B)" for path in result.files if path.exists()]
    return lines


def _proof_lines(proof: Proof, network_macs: int) -> list[str]:
    lines = [f"input:      {proof.input_origin}"]
    if proof.similar is not None:
        worst = proof.similar.worst("cosine")
        against = f"{len(proof.similar.results)} tensors against the reference, {len(proof.similar.failed)} failed"
        lines.append(
            f"similarity: {against}" + (f", lowest cosine {worst.cosine:.6f} ('{worst.name}')" if worst else "")
        )
    equal = sum(r.verdict == "EQUAL" for r in proof.exact.results)
    lines.append(
        f"exactness:  compared {len(proof.exact.results)} of {proof.expected} tensors of the bmodel, {equal} equal"
    )
    lines += run_lines(proof.summary, network_macs)
    if proof.degenerate:
        lines.append(f"degenerate: {len(proof.degenerate)} layers say little about exactness")
        lines += [f"  {line}" for line in proof.degenerate]
    return lines
