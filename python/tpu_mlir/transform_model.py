"""Import a model, optimise its Top form, and prove the import tensor by tensor against the framework's own run.

Everything that belongs to the model is written together, at the end: a failure or an interruption leaves no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .core import pymlir
from .errors import UserError
from .files import staging
from .inputs import listed, load_inputs
from .npz import save_npz
from .outputs import Output, check_outputs
from .preprocess import Preprocess, PreprocessFlags, resolve
from .progress import Stages, human_count, warn

if TYPE_CHECKING:
    from .compare.compare import Report

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
    test_input: Path | str | Sequence[Path | str] = (),
    test_result: Path | str | None = None,
    tolerance: tuple[float, ...] = (0.99, 0.99),
    excepts: Sequence[str] = (),
    skip_fuse_bn: bool = False,
    quiet: bool = False,
    verbose: int = 0,
) -> TransformResult:
    """Import `model_def` as `mlir`, and compare all tensors with the framework's where `test_input` is given.

    test_input: pictures, .npy or one .npz, as `inputs.load_inputs` takes them. tolerance: floors of cosine and
    Euclidean similarity. Raises CompareFailed where a tensor falls below; the files are kept then, to look into.
    """
    from .frontend.onnx import graph

    mlir = Path(mlir)
    model_def = Path(model_def)
    test_input = listed(test_input)
    _check_arguments(model_name, model_def, mlir, test_result)
    _check_outputs(model_name, model_def, mlir, test_input, test_result)
    stages = Stages(quiet)
    with stages.stage(f"load {model_def.name}"):
        model = graph.load_model(model_def)
    nodes = len(model.graph.node)
    with stages.stage("simplify and infer shapes"):
        model = graph.prepare(model, str(model_def), input_shapes, output_names, skip_fuse_bn=skip_fuse_bn)
    inputs = [(i.name, graph.static_shape(i) or ()) for i in model.graph.input]
    settings = resolve(preprocess or PreprocessFlags(), inputs)
    # Broken test inputs are found before anything is written.
    tensors = load_inputs(test_input, dict(inputs), settings) if test_input else None

    result = _import(model, model_name, str(model_def), mlir, settings, stages)
    if tensors is not None:
        _prove(model, model_name, str(model_def), tensors, test_result, tolerance, excepts, result, stages, verbose)
    result.seconds = stages.total
    if not quiet:
        print("\n".join(_summary(result, nodes, len(model.graph.node), inputs, model)))
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
    if test_result is not None and Path(test_result).suffix != ".npz":
        raise UserError(f"--test_result '{test_result}' must end in .npz")


def _check_outputs(
    name: str, model_def: Path, mlir: Path, test_input: Sequence[Path | str], test_result: Path | str | None
) -> None:
    """Nothing that this import writes may be something that it reads."""
    made = [f"{mlir.stem}_origin.mlir", f"{name}_opt.onnx"]
    made += [f"{name}_top_f32_all_origin_weight.npz", f"{name}_top_f32_all_weight.npz"]
    if test_input:
        made += [f"{name}_in_f32.npz", f"{name}_ref_outputs.npz"]
        made += [f"{name}_top_outputs.npz"] if test_result is None else []
    outputs = [Output("--mlir", mlir, (".mlir",))]
    outputs += [Output("--model_name's file", mlir.parent / file, (Path(file).suffix,)) for file in made]
    if test_result is not None:
        outputs.append(Output("--test_result", Path(test_result), (".npz",)))
    check_outputs(outputs, [("--model_def", model_def), *(("--test_input", path) for path in test_input)])


def _import(
    model: Any, name: str, origin: str, mlir: Path, settings: dict[str, Preprocess], stages: Stages
) -> TransformResult:
    """Build Top, run the Top passes, and write the simplified model and both .mlir files with their weights."""
    from .frontend.onnx.graph import save_bytes
    from .frontend.onnx.importer import import_graph

    core = pymlir()
    with staging(mlir.parent) as stage:
        content = save_bytes(model)
        if content is None:
            warn(f"the simplified model exceeds 2 GiB; {name}_opt.onnx is not written")
        else:
            (stage / f"{name}_opt.onnx").write_bytes(content)
        with stages.stage("import into Top"):
            builder = core.Builder(name)
            attributes = {input_name: s.attributes() for input_name, s in settings.items()}
            importer = import_graph(builder, model, origin, attributes)
            builder.set_module_attr("module.platform", "ONNX")
            origin_mlir = stage / f"{mlir.stem}_origin.mlir"
            builder.save(str(origin_mlir), f"{name}_top_f32_all_origin_weight.npz")
        with stages.stage("optimise Top"):
            core.run_passes(str(origin_mlir), str(stage / mlir.name), TOP_PIPELINE, f"{name}_top_f32_all_weight.npz")
        files = [mlir.parent / file.name for file in sorted(stage.iterdir())]
    return TransformResult(mlir, files, importer.op_counts, importer.parameters)


def _prove(
    model: Any,
    name: str,
    origin: str,
    tensors: dict[str, Any],
    test_result: Path | str | None,
    tolerance: tuple[float, ...],
    excepts: Sequence[str],
    result: TransformResult,
    stages: Stages,
    verbose: int,
) -> None:
    """Run both models on the same input, write both results, and compare every tensor by name."""
    from .compare.compare import Tolerance, compare
    from .frontend.onnx.reference import run_onnx
    from .runner import open_module

    folder = result.mlir.parent
    top_path = Path(test_result) if test_result is not None else folder / f"{name}_top_outputs.npz"
    with stages.stage("run the model with onnxruntime"):
        reference = run_onnx(model, tensors, origin, dump_all=True)
    with stages.stage("run Top"):
        module = open_module(result.mlir)
        result.flops = int(module.flops)
        for input_name in module.input_names:  # the passes drop inputs that nothing reads
            module.set_tensor(input_name, tensors[input_name])
        module.invoke(True)
        outputs = dict(module.get_all_tensor())
    with stages.stage("compare"):
        for path, content in (
            (folder / f"{name}_in_f32.npz", tensors),
            (folder / f"{name}_ref_outputs.npz", reference),
            (top_path, outputs),
        ):
            save_npz(path, content)
            result.files.append(path)
        result.report = compare(outputs, reference, Tolerance.of(tolerance), excepts)
    if not stages.quiet:
        print("\n".join(result.report.lines(verbose)))


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
