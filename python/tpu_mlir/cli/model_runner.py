"""model_runner.py: run a model of any stage on given inputs and keep what it computes."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import run_main
from ..frontend.core.front_ends import suffixes
from .arguments import ArgumentParser, files


def _parser() -> ArgumentParser:
    parser = ArgumentParser("model_runner.py", "run a model of a framework, a .mlir file or a .bmodel on given inputs")
    add = parser.add_argument
    add(
        "--model",
        required=True,
        metavar="FILE",
        help=f"the model: {', '.join(suffixes())}, .mlir (Top or Tpu) or .bmodel",
    )
    add(
        "--input",
        required=True,
        type=files,
        metavar="FILES",
        help="one npz with all inputs; or npy or pictures, comma-separated (a .bmodel takes an npz)",
    )
    add("--output", default="_output.npz", metavar="FILE", help="the npz to write (default _output.npz)")
    add("--dump_all_tensors", action="store_true", help="write every tensor, not only the outputs")
    add("--out_fixed", action="store_true", help="write raw integers where a tensor is quantised, not float values")
    add("--debug", action="store_true", help="kept for old scripts; it changes nothing")
    parser.refuse(["--weight"], "a .mlir file names its weight file itself")
    parser.refuse(["--cuda"], "models run on the CPU")
    return parser


@run_main
def main(argv: Sequence[str] | None = None) -> int | None:
    args = _parser().parse_args(argv)

    from pathlib import Path

    from ..errors import UserError
    from ..npz import save_npz
    from ..outputs import Output, check_outputs
    from ..runner import run, run_lines, simulate

    if Path(args.output).suffix != ".npz":
        raise UserError(f"--output '{args.output}' must end in .npz")
    check_outputs(
        [Output("--output", Path(args.output), (".npz",))],
        [("--model", args.model), *(("--input", path) for path in args.input)],
    )
    if Path(args.model).suffix.lower() == ".bmodel":
        tensors, summary = simulate(args.model, args.input, args.dump_all_tensors, args.out_fixed)
        print("\n".join([f"chip:       {summary['chip']}", *run_lines(summary)]))
    else:
        tensors = run(args.model, args.input, args.dump_all_tensors, args.out_fixed)
    save_npz(args.output, tensors)
    print(f"output:     {args.output} ({len(tensors)} tensors)")
    return None
