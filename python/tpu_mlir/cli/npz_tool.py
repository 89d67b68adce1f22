"""npz_tool.py: look into, compare and rearrange files of named tensors."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import UserError, run_main, unknown_name
from ..names import word
from ..npz import load_npz, save_npz
from .arguments import ArgumentParser, HelpFormatter, names, pair_of_floats

_REFUSED_VERBS = ("visualize_diff", "bf16_to_fp32", "tranpose", "transpose", "cali_test", "statistic")


def _parser() -> ArgumentParser:
    parser = ArgumentParser("npz_tool.py", "look into, compare and rearrange files of named tensors (.npz)")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=argparse.ArgumentParser)

    def verb(name: str, help_text: str, **arguments: str) -> argparse.ArgumentParser:
        sub = verbs.add_parser(
            name,
            help=help_text,
            description=help_text,
            allow_abbrev=False,
            prog=f"npz_tool.py {name}",
            formatter_class=HelpFormatter,
        )
        sub.error = parser.error  # type: ignore[method-assign]
        for argument, text in arguments.items():
            sub.add_argument(argument, help=text)
        return sub

    dump = verb("dump", "list the tensors, or show one", npz="the file")
    dump.add_argument("tensor", nargs="?", help="show this one's shape, type and statistics")
    dump.add_argument("k", nargs="?", type=int, help="show its K largest values instead; -1 shows all values")

    compare = verb("compare", "compare two files tensor by tensor", target="the result", ref="the reference")
    compare.add_argument("-v", "--verbose", action="count", default=0, help="one line per tensor")
    compare.add_argument(
        "--tolerance",
        type=pair_of_floats,
        default=(0.99, 0.99),
        metavar="COS,EUCLID[,SQNR_DB]",
        help="floors of the similarities (default 0.99,0.99)",
    )
    compare.add_argument("--exact", action="store_true", help="every element must be equal")
    compare.add_argument("--excepts", type=names, default=(), help="tensors to leave out, comma-separated")
    compare.add_argument("--save", metavar="CSV", help="write all measures to this file")

    extract = verb("extract", "write some tensors to another file", npz="the file", output="the new file")
    extract.add_argument("tensors", help="their names, comma-separated")
    rename = verb("rename", "rename one tensor", npz="the file", old="its name", new="its new name")
    rename.add_argument("-o", "--output", help="write here instead of changing the file")
    merge = verb("merge", "put the tensors of several files into one")
    merge.add_argument("files", nargs="+", help="the files, the new one last")
    shape = verb("get_shape", "print shapes, as 1,3,224,224", npz="the file")
    shape.add_argument("tensor", nargs="?", help="only this tensor's")
    verb("to_bin", "write one tensor's raw bytes", npz="the file", tensor="its name", output="the new file")
    dat = verb(
        "to_dat", "write the raw bytes of all tensors, one after the other", npz="the file", output="the new file"
    )
    dat.add_argument("tensors", nargs="?", type=names, help="only these, in this order, comma-separated")
    npy = verb("to_npy", "write one tensor as an npy file", npz="the file", tensor="its name")
    npy.add_argument("output", nargs="?", help="the new file (default TENSOR.npy)")
    parser.refuse(
        ["--int8_tensor_close", "--per_axis_compare"], "tensors are compared whole, by --tolerance or --exact"
    )
    # Source: the vendor's defaults, by the interface facts.
    parser.allow({"--int8_tensor_close": "1", "--per_axis_compare": "-1"})
    return parser


@run_main
def main(argv: Sequence[str] | None = None) -> int | None:
    import sys

    argv = list(sys.argv[1:] if argv is None else argv)
    if argv and argv[0] in _REFUSED_VERBS:
        raise UserError(f"npz_tool.py: verb '{argv[0]}' is not supported")
    if argv and not argv[0].startswith("-") and argv[0] not in _VERBS:
        raise unknown_name("verb of npz_tool.py", argv[0], list(_VERBS))
    args = _parser().parse_args(argv)
    return _VERBS[args.verb](args)


def _output(flag: str, path: Path | str, suffixes: tuple[str, ...], *inputs: str) -> Path:
    """The path of a file to write, which must be none of `inputs`; `suffixes`: those of its kind."""
    from ..outputs import Output, check_outputs

    check_outputs([Output(flag, Path(path), suffixes)], [("the file", name) for name in inputs])
    return Path(path)


def _tensor(tensors: dict[str, Any], name: str) -> Any:
    if name not in tensors:
        raise unknown_name("tensor", name, list(tensors))
    return tensors[name]


def _dump(args: argparse.Namespace) -> None:
    tensors = load_npz(args.npz)
    if args.tensor is None:
        width = max((len(word(name)) for name in tensors), default=0)
        for name, tensor in tensors.items():
            print(f"{word(name):<{width}}  {tensor.dtype!s:<8} {list(tensor.shape)}")
        print(f"{len(tensors)} tensors, {sum(t.nbytes for t in tensors.values())} bytes")
        return
    tensor = _tensor(tensors, args.tensor)
    print(f"shape {tensor.shape}")
    print(f"dtype {tensor.dtype}")
    if args.k is None:
        _print_statistics(tensor)
    elif args.k == -1:
        for value in tensor.reshape(-1):
            print(value)
    elif args.k < 1:
        raise UserError(f"K must be positive, or -1 for all values, not {args.k}")
    else:
        print(f"Show Top-K {args.k}")
        for index, value in top_k(tensor, args.k):
            print(f"({index}, {value!s})")


def top_k(tensor: Any, k: int) -> list[tuple[int, Any]]:
    """The `k` largest elements as (flat index, value), largest first, equal ones in order; NaN counts as largest."""
    import numpy as np

    flat = np.asarray(tensor).reshape(-1)
    # A stable ascending sort of the reversed tensor, reversed again: equal values keep their order, NaN comes first.
    order = (flat.size - 1 - np.argsort(flat[::-1], kind="stable"))[::-1][:k]
    return [(int(i), flat[i]) for i in order]


def _print_statistics(tensor: Any) -> None:
    """max, min, mean, mean of absolutes, standard deviation; one number per channel (axis 1) from 3 dimensions up."""
    import numpy as np

    from ..compare.metrics import nonfinite

    if tensor.dtype.kind not in "fiub":
        raise UserError(f"the tensor has type {tensor.dtype}, which has no statistics")
    if tensor.size == 0:
        print("no elements")
        return
    values = tensor.astype(np.float64 if tensor.dtype.kind == "f" else tensor.dtype)
    axes = tuple(a for a in range(values.ndim) if a != 1) if values.ndim >= 3 else None
    wide = values.astype(np.float64)
    measures = {
        "max": values.max(axis=axes),
        "min": values.min(axis=axes),
        "mean": wide.mean(axis=axes),
        "abs mean fp32": np.abs(wide).mean(axis=axes),
        "std fp32": wide.std(axis=axes),
    }
    with np.printoptions(precision=6, suppress=True, threshold=16):
        for name, measure in measures.items():
            print(f"{name} {np.round(measure, 6) if np.ndim(measure) == 0 else measure}")
    bad = nonfinite(tensor)
    if bad:
        print(f"not finite: {bad[0]} of {tensor.size} elements, the first is {bad[2]} at {list(bad[1])}")


def _compare(args: argparse.Namespace) -> None:
    from ..compare.compare import Tolerance, compare

    if args.save:
        _output("--save", args.save, (".csv",), args.target, args.ref)
    result, reference = load_npz(args.target, "result"), load_npz(args.ref, "reference")
    report = compare(result, reference, Tolerance.of(args.tolerance, args.exact, finite=True), args.excepts)
    print("\n".join(report.lines(args.verbose)))
    if args.save:
        report.save_csv(args.save)
    report.require_pass(args.target, args.ref)


def _extract(args: argparse.Namespace) -> None:
    output = _output("the new file", args.output, (".npz",), args.npz)
    tensors = load_npz(args.npz)
    wanted = names(args.tensors)
    if not wanted:
        raise UserError("no tensor is named")
    save_npz(output, {name: _tensor(tensors, name) for name in wanted})


def _rename(args: argparse.Namespace) -> None:
    if args.output:
        _output("--output", args.output, (".npz",), args.npz)
    tensors = load_npz(args.npz)
    _tensor(tensors, args.old)
    if args.new in tensors:
        raise UserError(f"'{args.npz}' already has a tensor '{args.new}'")
    renamed = {args.new if name == args.old else name: tensor for name, tensor in tensors.items()}
    save_npz(args.output or args.npz, renamed)


def _merge(args: argparse.Namespace) -> None:
    import numpy as np

    *sources, output = args.files
    if len(sources) < 2:
        raise UserError("npz_tool.py merge takes at least two files and the new one")
    _output("the new file", output, (".npz",), *sources)
    merged: dict[str, Any] = {}
    for source in sources:
        for name, tensor in load_npz(source).items():
            if name in merged and not np.array_equal(merged[name], tensor):
                raise UserError(f"tensor '{name}' of '{source}' is also in an earlier file, with other values")
            merged[name] = tensor
    save_npz(output, merged)


def _get_shape(args: argparse.Namespace) -> None:
    tensors = load_npz(args.npz)
    if args.tensor is not None:
        print(",".join(map(str, _tensor(tensors, args.tensor).shape)))
        return
    for name, tensor in tensors.items():
        print(f"{word(name)} {','.join(map(str, tensor.shape))}")


def _to_bin(args: argparse.Namespace) -> None:
    from ..files import write_bytes

    output = _output("the new file", args.output, (), args.npz)
    write_bytes(output, _tensor(load_npz(args.npz), args.tensor).tobytes())


def _to_dat(args: argparse.Namespace) -> None:
    from ..files import write_bytes

    output = _output("the new file", args.output, (), args.npz)
    tensors = load_npz(args.npz)
    wanted = args.tensors or list(tensors)
    write_bytes(output, b"".join(_tensor(tensors, name).tobytes() for name in wanted))


def _to_npy(args: argparse.Namespace) -> None:
    import numpy as np

    from ..files import atomic_path

    tensor = _tensor(load_npz(args.npz), args.tensor)
    output = _output("the new file", args.output or f"{args.tensor.replace('/', '_')}.npy", (".npy",), args.npz)
    with atomic_path(output) as temporary, temporary.open("wb") as file:
        np.save(file, tensor, allow_pickle=False)


_VERBS = {
    "dump": _dump,
    "compare": _compare,
    "extract": _extract,
    "rename": _rename,
    "merge": _merge,
    "get_shape": _get_shape,
    "to_bin": _to_bin,
    "to_dat": _to_dat,
    "to_npy": _to_npy,
}
