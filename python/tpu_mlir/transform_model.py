"""Import a model, optimise its Top form, and prove the import tensor by tensor against the framework's own run.

Everything that belongs to the model is written together, at the end: a failure or an interruption leaves no file. Only
a proof that fails leaves them, and its tensors, to look into.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .core import pymlir
from .errors import UserError
from .files import require_folder, staging
from .finite import require_finite
from .inputs import load_inputs
from .npz import save_npz
from .preprocess import Preprocess, PreprocessFlags, resolve
from .progress import Stages, human_count, warn
from .seeded import InputKind

if TYPE_CHECKING:
    from .compare.compare import Report
    from .import_proof import Proof

TOP_PIPELINE = "builtin.module(shape-infer,canonicalize,extra-optimize)"

_OTHER_FRAMEWORKS = {
    ".pt": "PyTorch", ".pth": "PyTorch", ".tflite": "TFLite", ".prototxt": "Caffe", ".caffemodel": "Caffe",
    ".pb": "TensorFlow", ".mlir": "MLIR",
}  # fmt: skip


@dataclass
class TransformResult:
    """What an import produced: the files, the numbers of the summary, and the comparison if there was one."""

    mlir: Path
    files: list[Path] = field(default_factory=list)
    operations: dict[str, int] = field(default_factory=dict)  # Top operations as imported, by kind
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
    test_input: Sequence[Path | str] = (),
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
    from .frontend.onnx import graph
    from .import_proof import SimplificationChanged

    mlir = Path(mlir)
    model_def = Path(model_def)
    _check_arguments(model_name, model_def, mlir, test_result)
    if skip_validation and (test_input or test_result is not None):
        raise UserError(
            "--skip_validation leaves out what --test_input and --test_result are for; give one or the other"
        )
    stages = Stages(quiet)
    with stages.stage(f"load {model_def.name}"):
        model = graph.load_model(model_def)
    nodes = len(model.graph.node)
    asked = graph.as_asked(model, str(model_def), input_shapes, output_names)
    inputs = [(i.name, graph.static_shape(i) or ()) for i in asked.graph.input]
    settings = _for_their_types(resolve(preprocess or PreprocessFlags(), inputs), asked)
    # Broken test inputs are found before anything is written.
    tensors = load_inputs(test_input, dict(inputs), settings) if test_input else None
    require_finite(tensors or {}, "--test_input")

    run = _Run(model_name, model_def, mlir, asked, settings, tensors, tolerance, excepts, skip_fuse_bn, stages)
    # With all that a simplifier does, then with less and less.
    ways: list[str | None] = [*graph.AVOIDED, None]
    while True:
        try:
            result, proof, imported = run.attempt(ways[0], prove=not skip_validation)
            break
        except SimplificationChanged as change:
            ways.pop(0)
            how = f"without {ways[0]}" if ways[0] else "as it is"
            warn(f"simplification changes the model '{model_def}' ({change}); it is imported {how}")
    if proof is not None:
        _keep_tensors(proof, model_name, test_result, bool(test_input), result)
        result.report, result.flops = proof.report, proof.flops
        if not quiet:
            print("\n".join(_proof_lines(proof, verbose)))
    result.seconds = stages.total
    if not quiet:
        print("\n".join(_summary(result, nodes, len(imported.graph.node), inputs, asked)))
    if result.report is not None:
        result.report.require_pass(str(test_result or f"{model_name}_top_outputs.npz"), f"{model_name}_ref_outputs.npz")
    return result


def _check_arguments(model_name: str, model_def: Path, mlir: Path, test_result: Path | str | None) -> None:
    if not model_name or "/" in model_name or model_name.startswith("."):
        raise UserError(f"--model_name '{model_name}' must be a plain name: it becomes part of file names")
    suffix = model_def.suffix.lower()
    if suffix in _OTHER_FRAMEWORKS:
        raise UserError(
            f"model '{model_def}' is {_OTHER_FRAMEWORKS[suffix]}, which is not supported; export it to ONNX"
        )
    if mlir.suffix != ".mlir":
        raise UserError(f"--mlir '{mlir}' must end in .mlir")
    require_folder(mlir)
    if test_result is not None:
        if Path(test_result).suffix != ".npz":
            raise UserError(f"--test_result '{test_result}' must end in .npz")
        require_folder(Path(test_result))


def _for_their_types(settings: dict[str, Preprocess], asked: Any) -> dict[str, Preprocess]:
    """`settings` without inputs that hold no pixels; an integer input takes pixels as they are."""
    import onnx

    kinds = {i.name: i.type.tensor_type.elem_type for i in asked.graph.input}
    kept: dict[str, Preprocess] = {}
    for name, picture in settings.items():
        is_float = onnx.helper.tensor_dtype_to_np_dtype(kinds[name]).kind not in "iub"
        if not is_float and (any(picture.mean) or set(picture.scale) != {1.0}):
            kind = onnx.TensorProto.DataType.Name(kinds[name])
            raise UserError(
                f"input '{name}' has type {kind} and takes pixels as they are; drop --mean and --scale, or leave it "
                f"out of --preprocess_list"
            )
        if is_float or kinds[name] == onnx.TensorProto.UINT8:
            kept[name] = picture
    return kept


@dataclass
class _Run:
    """One import, tried with as much simplification as leaves the network what it is."""

    name: str
    model_def: Path
    mlir: Path
    asked: Any
    settings: dict[str, Preprocess]
    tensors: dict[str, Any] | None
    tolerance: tuple[float, ...]
    excepts: Sequence[str]
    skip_fuse_bn: bool
    stages: Stages

    def attempt(self, avoid: str | None, prove: bool) -> tuple[TransformResult, Proof | None, Any]:
        """Import and prove; the files appear at the end. avoid: as in `graph.prepare`; None: do not simplify at all."""
        from .compare.compare import Tolerance
        from .frontend.onnx import graph
        from .import_proof import Subject
        from .import_proof import prove as prove_import

        origin = str(self.model_def)
        with self.stages.stage("simplify and infer shapes"):
            model = graph.prepare(
                graph.copy_of(self.asked),
                origin,
                simplifier=avoid is not None,
                skip_fuse_bn=self.skip_fuse_bn,
                avoid=avoid or "",
            )
        with staging(self.mlir.parent) as stage:
            importer = self._import(model, stage)
            proof = None
            if prove:
                subject = Subject(self.asked, model, stage / self.mlir.name, origin, avoid is not None)
                proof = prove_import(
                    subject, self.tensors, self._kinds(), Tolerance.of(self.tolerance), self.excepts, self.stages
                )
            files = [self.mlir.parent / file.name for file in sorted(stage.iterdir())]
        return TransformResult(self.mlir, files, importer.op_counts, importer.parameters), proof, model

    def _import(self, model: Any, stage: Path) -> Any:
        """Build Top, run the Top passes, and write the simplified model and both .mlir files with their weights."""
        from .frontend.onnx import graph, large
        from .frontend.onnx.importer import import_graph

        core = pymlir()
        with self.stages.stage("import into Top"):
            builder = core.Builder(self.name)
            attributes = {input_name: s.attributes() for input_name, s in self.settings.items()}
            importer = import_graph(builder, model, str(self.model_def), attributes, self.asked)
            builder.set_module_attr("module.platform", "ONNX")
            origin_mlir = stage / f"{self.mlir.stem}_origin.mlir"
            weights = stage / f"{self.name}_top_f32_all_origin_weight.npz"
            builder.save(str(origin_mlir), weights.name)
        large.save(graph.copy_of(model), importer, weights, stage / f"{self.name}_opt.onnx")
        with self.stages.stage("optimise Top"):
            core.run_passes(
                str(origin_mlir), str(stage / self.mlir.name), TOP_PIPELINE, f"{self.name}_top_f32_all_weight.npz"
            )
        return importer

    def _kinds(self) -> dict[str, InputKind]:
        """What is known about the inputs, for seeded ones."""
        import numpy as np
        import onnx

        from .frontend.onnx.graph import static_shape

        kinds = {}
        for value in self.asked.graph.input:
            kind = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)).name
            shape = static_shape(value) or ()
            kinds[value.name] = InputKind(shape, kind, self.settings.get(value.name))
        return kinds


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


def _summary(
    result: TransformResult, before: int, after: int, inputs: Sequence[tuple[str, Any]], model: Any
) -> list[str]:
    kinds = ", ".join(
        f"{op.removeprefix('top.')} {n}" for op, n in sorted(result.operations.items(), key=lambda i: -i[1])
    )
    flops = f", {human_count(result.flops)}FLOPs" if result.flops else ""
    lines = [
        f"inputs:  {', '.join(f'{name} {list(shape)}' for name, shape in inputs)}",
        f"outputs: {', '.join(o.name for o in model.graph.output)}",
        f"graph:   {before} ONNX nodes, {after} after simplification, {sum(result.operations.values())} Top operations",
        f"         {kinds}",
        f"weights: {human_count(result.parameters)} numbers{flops}",
        f"time:    {result.seconds:.2f} s",
        "files:",
    ]
    return lines + [f"  {path} ({human_count(path.stat().st_size)}B)" for path in result.files]
