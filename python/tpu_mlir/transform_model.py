"""Import a model, optimise its Top form, and prove the import tensor by tensor against the framework's own run.

Everything that belongs to the model is written together, at the end: a failure or an interruption leaves no file. Only
a proof that fails leaves them, and its tensors, to look into.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .core import pymlir
from .errors import UserError
from .files import staging
from .finite import require_finite
from .frontend.core.front_ends import front_end_of
from .frontend.core.protocol import FrontEnd, Graph, Network, Request, Tensor
from .inputs import listed, load_inputs
from .npz import save_npz
from .outputs import Output, check_outputs
from .preprocess import Preprocess, PreprocessFlags, resolve
from .progress import Stages, human_count, warn
from .seeded import InputKind

if TYPE_CHECKING:
    from .compare.compare import Report
    from .frontend.core.importer import Importer
    from .frontend.core.proof import Proof

TOP_PIPELINE = "builtin.module(shape-infer,cancel-permutes,canonicalize,extra-optimize)"


@dataclass
class TransformResult:
    """What an import produced: the files, the numbers of the summary, and the comparison if there was one."""

    mlir: Path
    files: list[Path] = field(default_factory=list)
    operations: dict[str, int] = field(default_factory=dict)  # Top operations of the file, by kind
    parameters: int = 0
    flops: int = 0
    seconds: float = 0.0
    report: Report | None = None


def transform(
    model_name: str,
    model_def: Path | str,
    mlir: Path | str,
    *,
    input_shapes: Sequence[Sequence[int]] | None = None,
    output_names: Sequence[str] = (),
    preprocess: PreprocessFlags | None = None,
    test_input: Path | str | Sequence[Path | str] = (),
    test_result: Path | str | None = None,
    tolerance: tuple[float, ...] = (0.99, 0.99),
    excepts: Sequence[str] = (),
    skip_fuse_bn: bool = False,
    skip_validation: bool = False,
    quiet: bool = False,
    verbose: int = 0,
) -> TransformResult:
    """Import `model_def` as `mlir`, and prove it: run both on the same inputs and compare all tensors.

    test_input: pictures, .npy or one .npz, as `inputs.load_inputs` takes them; without any, the inputs are seeded
    random numbers. tolerance: floors of cosine and Euclidean similarity. skip_validation: no proof. Raises
    CompareFailed where a tensor falls below; the files are kept then, to look into.
    """
    from .frontend.core.proof import SimplificationChanged

    mlir = Path(mlir)
    model_def = Path(model_def)
    test_input = listed(test_input)
    _check_arguments(model_name, mlir, test_result)
    if skip_validation and (test_input or test_result is not None):
        raise UserError(
            "--skip_validation leaves out what --test_input and --test_result are for; give one or the other"
        )
    front_end = front_end_of(model_def)
    _check_outputs(model_name, front_end, model_def, mlir, test_input, test_result)
    stages = Stages(quiet)
    with stages.stage(f"load {model_def.name}"):
        model = front_end.load(model_def)
    node_count = model.node_count
    network = model.network(Request(input_shapes, output_names, skip_fuse_bn))
    inputs = [(i.name, i.shape or ()) for i in network.inputs]
    settings = _for_their_types(resolve(preprocess or PreprocessFlags(), inputs), network.inputs)
    # Broken test inputs are found before anything is written.
    # What float32 cannot hold exactly.
    types = {i.name: i.type for i in network.inputs if i.type in ("int32", "int64")}
    tensors = load_inputs(test_input, dict(inputs), settings, types) if test_input else None
    require_finite(tensors or {}, "--test_input")

    run = _Run(model_name, mlir, network, settings, tensors, tolerance, excepts, stages)
    ways = list(network.ways)
    while True:
        try:
            result, proof, imported = run.attempt(ways[0], prove=not skip_validation)
            break
        except SimplificationChanged as change:
            ways.pop(0)
            warn(f"simplification changes the model '{model_def}' ({change}); it is imported {ways[0]}")
    if proof is not None:
        _keep_tensors(proof, model_name, test_result, bool(test_input), result)
        result.report = proof.report
        if not quiet:
            print("\n".join(_proof_lines(proof, verbose)))
    result.seconds = stages.total
    if not quiet:
        print("\n".join(_summary(result, node_count, imported, network)))
    if result.report is not None:
        result.report.require_pass(str(test_result or f"{model_name}_top_outputs.npz"), f"{model_name}_ref_outputs.npz")
    return result


def _check_arguments(model_name: str, mlir: Path, test_result: Path | str | None) -> None:
    if not model_name or "/" in model_name or model_name.startswith("."):
        raise UserError(f"--model_name '{model_name}' must be a plain name: it becomes part of file names")
    if mlir.suffix != ".mlir":
        raise UserError(f"--mlir '{mlir}' must end in .mlir")
    if test_result is not None and Path(test_result).suffix != ".npz":
        raise UserError(f"--test_result '{test_result}' must end in .npz")


def _check_outputs(
    name: str,
    front_end: FrontEnd,
    model_def: Path,
    mlir: Path,
    test_input: Sequence[Path | str],
    test_result: Path | str | None,
) -> None:
    """Nothing that this import writes may be something that it reads."""
    made = [f"{mlir.stem}_origin.mlir", *front_end.files(name)]
    made += [f"{name}_top_f32_all_origin_weight.npz", f"{name}_top_f32_all_weight.npz"]
    if test_input:
        made += [f"{name}_in_f32.npz", f"{name}_ref_outputs.npz"]
        made += [f"{name}_top_outputs.npz"] if test_result is None else []
    outputs = [Output("--mlir", mlir, (".mlir",))]
    outputs += [Output("--model_name's file", mlir.parent / file, (Path(file).suffix,)) for file in made]
    if test_result is not None:
        outputs.append(Output("--test_result", Path(test_result), (".npz",)))
    check_outputs(outputs, [("--model_def", model_def), *(("--test_input", path) for path in test_input)])


def _for_their_types(settings: dict[str, Preprocess], inputs: Sequence[Tensor]) -> dict[str, Preprocess]:
    """`settings` without inputs that hold no pixels; an integer input takes pixels as they are."""
    kinds = {i.name: i.type for i in inputs}
    kept: dict[str, Preprocess] = {}
    for name, picture in settings.items():
        is_float = not kinds[name].startswith(("int", "uint", "bool"))
        if not is_float and (any(picture.mean) or set(picture.scale) != {1.0}):
            raise UserError(
                f"input '{name}' has type {kinds[name].upper()} and takes pixels as they are; drop --mean and --scale, "
                f"or leave it out of --preprocess_list"
            )
        if is_float or kinds[name] == "uint8":
            kept[name] = picture
    return kept


@dataclass
class _Run:
    """One import, tried with as much simplification as leaves the network what it is."""

    name: str
    mlir: Path
    network: Network
    settings: dict[str, Preprocess]
    tensors: dict[str, Any] | None
    tolerance: tuple[float, ...]
    excepts: Sequence[str]
    stages: Stages

    def attempt(self, way: str, prove: bool) -> tuple[TransformResult, Proof | None, Graph]:
        """Import and prove; the files appear at the end. way: one of the network's ways of simplification."""
        from .compare.compare import Tolerance
        from .frontend.core.proof import Subject
        from .frontend.core.proof import prove as prove_import

        with self.stages.stage("prepare the graph"):
            graph = self.network.graph(way)
        with staging(self.mlir.parent) as stage:
            importer = self._import(graph, stage)
            proof = None
            if prove:
                kinds = {
                    i.name: InputKind(i.shape or (), i.type, self.settings.get(i.name)) for i in self.network.inputs
                }
                subject = Subject(self.network, graph, stage / self.mlir.name)
                tolerance = Tolerance.of(self.tolerance)
                proof = prove_import(subject, self.tensors, kinds, tolerance, self.excepts, self.stages)
            files = [self.mlir.parent / file.name for file in sorted(stage.iterdir())]
            operations, flops = _contents((stage / self.mlir.name).read_text(encoding="utf-8"))
        return TransformResult(self.mlir, files, operations, importer.weights.parameters, flops), proof, graph

    def _import(self, graph: Graph, stage: Path) -> Importer:
        """Build Top, run the Top passes, write both .mlir files with their weights and the front end's own files."""
        from .frontend.core.importer import import_graph

        core = pymlir()
        with self.stages.stage("import into Top"):
            builder = core.Builder(self.name)
            importer = import_graph(builder, graph, {name: s.attributes() for name, s in self.settings.items()})
            builder.set_module_attr("module.platform", graph.framework.upper())
            origin_mlir = stage / f"{self.mlir.stem}_origin.mlir"
            weights = stage / f"{self.name}_top_f32_all_origin_weight.npz"
            builder.save(str(origin_mlir), weights.name)
        graph.save(importer, stage, self.name, weights)
        with self.stages.stage("optimise Top"):
            core.run_passes(
                str(origin_mlir), str(stage / self.mlir.name), TOP_PIPELINE, f"{self.name}_top_f32_all_weight.npz"
            )
        return importer


def _contents(text: str) -> tuple[dict[str, int], int]:
    """The operations of a .mlir file by kind, without inputs and weights, and the FLOPs of one inference."""
    operations = Counter(re.findall(r'^ *%[\w, %:]+ = "(top\.\w+)"\(', text, re.MULTILINE))
    for plumbing in ("top.Input", "top.Weight", "top.None"):
        operations.pop(plumbing, None)
    flops = re.search(r"^module .*?\bmodule\.FLOPs = (\d+)", text, re.MULTILINE)
    return dict(operations), int(flops[1]) if flops else 0


def _keep_tensors(
    proof: Proof, name: str, test_result: Path | str | None, given: bool, result: TransformResult
) -> None:
    """Write the proof's tensors, where the user asked for them or something differs."""
    if not given and test_result is None and not proof.report.failed:
        return
    folder = result.mlir.parent
    for path, content in (
        (folder / f"{name}_in_f32.npz", proof.inputs),
        (folder / f"{name}_ref_outputs.npz", proof.reference),
        (Path(test_result) if test_result is not None else folder / f"{name}_top_outputs.npz", proof.result),
    ):
        save_npz(path, content)
        result.files.append(path)


def _proof_lines(proof: Proof, verbose: int) -> list[str]:
    lines = proof.report.lines(verbose)
    if proof.ranges:
        lines.append(f"  on {len(proof.ranges)} seeded inputs: {', '.join(proof.ranges)}")
    return lines


def _summary(result: TransformResult, before: int, graph: Graph, network: Network) -> list[str]:
    kinds = ", ".join(
        f"{op.removeprefix('top.')} {n}" for op, n in sorted(result.operations.items(), key=lambda i: -i[1])
    )
    after = f", {len(graph.nodes)} after simplification" if len(network.ways) > 1 else ""
    lines = [
        f"inputs:  {', '.join(f'{i.name} {list(i.shape or ())}' for i in network.inputs)}",
        f"outputs: {', '.join(network.outputs)}",
        f"graph:   {before} {network.framework} nodes{after}, {sum(result.operations.values())} Top operations",
        f"         {kinds}; {human_count(result.flops)}FLOPs",
        f"weights: {human_count(result.parameters)} numbers",
        f"time:    {result.seconds:.2f} s",
        "files:",
    ]
    return lines + [f"  {path} ({human_count(path.stat().st_size)}B)" for path in result.files]
