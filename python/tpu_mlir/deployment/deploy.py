"""The deployment itself: lower, finish, generate, prove, report; then the files appear where they were asked for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import CompareFailed, UserError, is_core_error
from ..files import private_folder, publish
from ..names import quoted
from ..progress import Stages, human_count
from ..report.page import write_report
from ..runner import run_lines
from .check import Proof, prove
from .host import HostOp, host_lines, host_ops
from .options import INTERMEDIATES, Options, check
from .pipeline import finish, generate, lower
from .safety import Safety, check_safety

SHOWN_OUTPUTS = 4


@dataclass
class Deployment:
    """What a deployment made and what its proof found (None with skip_validation)."""

    options: Options
    files: list[Path]
    seconds: dict[str, float]
    network_macs: int
    model: Path | None = None  # where the bmodel lies
    proof: Proof | None = None
    safety: Safety | None = None
    host: list[HostOp] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def deploy(options: Options, quiet: bool = False, require: bool = True) -> Deployment:
    """Compiles `options.mlir` to `options.model` and, unless told not to, runs and compares it.

    All work is done in a folder of its own; the files appear under their known names at the end. Where a comparison
    falls below its floor or the bmodel is not safe to run, they do so too, to look into, but the bmodel is kept as
    `options.unproven`, and CompareFailed is raised where `require` is set. UserError is for what the user can change;
    no file is left then.
    """
    check(options)
    stages = Stages(quiet)
    with private_folder(options.model.parent) as folder, _own_names(folder, options):
        (folder / "asked").mkdir()
        staged = options.staged(folder)
        with stages.stage(f"lower to {options.quantize} for {options.chip}"):
            lowered = lower(staged)
        with stages.stage("lay out, tile and place"):
            final = finish(staged, lowered)
        with stages.stage("generate commands"):
            generate(staged, final)
        result = Deployment(options, [], stages.seconds, _network_macs(options), host=host_ops(staged.model))
        failure = None if options.skip_validation else _prove(result, staged, lowered, final, require, stages)
        if options.report is not None and staged.report is not None:
            with stages.stage("write the report"):
                use_groups = options.opt > 1 or options.use_groups is not None
                write_report(staged.model, staged.report, staged.groups_file if use_groups else None)
        _publish(result, staged, failure)
    result.lines = summary(result)
    if not quiet and (failure is None or result.proof is not None):
        print("\n".join(result.lines), flush=True)
    if failure is not None and require:
        raise CompareFailed(f"{failure}; the bmodel is kept as '{options.unproven}'")
    return result


def _prove(
    result: Deployment, staged: Options, lowered: Path, final: Path, require: bool, stages: Stages
) -> CompareFailed | None:
    """Fills in the proofs of safety and of exactness; returns what failed."""
    options = result.options
    try:
        with stages.stage("check that the bmodel is safe to run"):
            result.safety = check_safety(staged.model)
        if require:
            result.safety.require_pass(options.model)
        with stages.stage("run the lowered model and the bmodel, compare"):
            result.proof = prove(staged, lowered, final)
        result.safety.require_pass(options.model)
        result.proof.require_pass(options)
    except CompareFailed as failure:
        return failure
    return None


def _publish(result: Deployment, staged: Options, failure: CompareFailed | None) -> None:
    """Moves what this run made to where it was asked for; intermediate files too unless they are not wanted.

    They are wanted where the proof failed: someone has to look into it.
    """
    options = result.options
    result.model = options.model if failure is None else options.unproven
    moves = []
    if failure is not None or not options.clean:
        made = [(staged.beside_model(suffix), options.beside_model(suffix)) for suffix in INTERMEDIATES]
        moves = [(source, target) for source, target in made if source.exists()]
    result.files = [*(target for _, target in moves), result.model]
    for source, asked in ((staged.report, options.report), (staged.dump_groups, options.dump_groups)):
        if source is not None and asked is not None and source.exists():
            moves.append((source, asked))
    publish([*moves, (staged.model, result.model)])


@contextlib.contextmanager
def _own_names(folder: Path, options: Options) -> Iterator[None]:
    """Errors about files of the working folder name them as the user knows them."""
    try:
        yield
    except Exception as error:
        if not isinstance(error, UserError) and not is_core_error(error):
            raise
        text = str(error)
        for shown in (str(folder.resolve()), str(folder)):
            text = text.replace(f"{shown}/asked/report.html", str(options.report))
            text = text.replace(f"{shown}/asked/groups.json", str(options.dump_groups))
            text = text.replace(f"{shown}/", f"{options.model.parent}/").replace(shown, str(options.model.parent))
        raise (type(error) if isinstance(error, UserError) else UserError)(text) from error


def _network_macs(options: Options) -> int:
    from ..runner import open_module

    return int(open_module(options.mlir).macs)


def summary(result: Deployment) -> list[str]:
    """What a user wants to know at the end, one fact a line."""
    options = result.options
    way = (" asymmetric" if options.asymmetric else " symmetric") if options.integer else ""
    lines = [f"chip:       {options.chip}, {options.quantize}{way}"]
    lines += host_lines(result.host)
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
            f"similarity: {against}" + (f", lowest cosine {worst.cosine:.6f} ({quoted(worst.name)})" if worst else "")
        )
    equal = sum(r.verdict == "EQUAL" for r in proof.exact.results)
    lines.append(
        f"exactness:  compared {len(proof.exact.results)} of {proof.expected} tensors of the bmodel, {equal} equal"
    )
    lines += _output_lines(proof)
    lines += run_lines(proof.summary, network_macs)
    if proof.losses:
        lines.append(f"lost:       INT8 loses {_counted(len(proof.losses), 'tensor')}")
        lines += [f"  {loss.sentence}" for loss in proof.losses]
    if proof.degenerate:
        lines.append(
            f"coarse:     {_counted(len(proof.degenerate), 'layer')} with few or saturated values, which prove little"
        )
        lines += [f"  {line}" for line in proof.degenerate]
    return lines


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _output_lines(proof: Proof) -> list[str]:
    """How near the outputs are to fp32, the worst first where there are many."""
    shown = sorted(proof.outputs, key=lambda r: (not r.failed, r.cosine))[:SHOWN_OUTPUTS]
    lines = []
    for r in shown:
        measured = f"cosine {r.cosine:.6f}, euclidean {r.euclidean:.6f}" if r.cosine == r.cosine else r.reason or r.note
        lines.append(f"outputs:    '{r.name}' against fp32 on the same input: {measured}")
    left = len(proof.outputs) - len(shown)
    return [*lines, f"  and {left} more outputs, none of them worse"] if left else lines
