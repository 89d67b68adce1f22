"""Simplifiers of other projects: onnxsim, else onnxslim. They fold constants and fuse; whether the result is still the
user's network is for others to prove.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...progress import warn
from .checks import captured, first_line

# What a simplifier can be told to leave out, by what it is called to the user: onnxsim's steps; None for all fusions.
AVOIDED: dict[str, tuple[str, ...] | None] = {
    "": (),
    "folding pads": ("fuse_pad_into_pool", "fuse_pad_into_conv"),
    "fusing": None,
}

# Left out always. The first two take the last factor of an activation that is written out into what follows it,
# before Top has recognised the activation. Top folds the factors that are left into convolutions itself
# (fuse-scale-into-conv). The third turns an ArgMax of the last of equal ones, which Top has, into integer arithmetic,
# which it has not.
_LEFT_OUT = ("fuse_preceding_mul_into_conv", "fuse_consecutive_mul", "rewrite_arg_reduce_select_last_index")


def simplify(model: Any, skip_fuse_bn: bool = False, avoid: str = "") -> Any:
    """Fold constants and fuse with onnxsim, else onnxslim, else not at all (with a warning)."""
    outputs = [o.name for o in model.graph.output]
    inputs = [i.name for i in model.graph.input]
    for run in (_onnxsim, _onnxslim):
        try:
            simple = run(model, skip_fuse_bn, avoid)
        except Exception as error:  # third-party code: whatever it raises, the model can still be imported without it
            warn(f"{run.__name__[1:]} could not simplify the model ({first_line(error)})")
            continue
        if [o.name for o in simple.graph.output] == outputs and {i.name for i in simple.graph.input} == set(inputs):
            # A simplifier's diary names every tensor that it removed, in one line.
            del simple.metadata_props[:]
            simple.metadata_props.extend(model.metadata_props)
            return simple
        warn(f"{run.__name__[1:]} changed the model's inputs or outputs; its result is not used")
    warn("the model is imported without simplification")
    return model


def name_new_weights(model: Any, own: set[str]) -> None:
    """Name the weights that a simplifier made (`_v_17`) after the node that uses them: `<output>_<OpType>_<role>`.

    own: the names that the model had before.
    """
    roles = {
        ("Conv", 1): "filter",
        ("Conv", 2): "bias",
        ("Gemm", 1): "right",
        ("Gemm", 2): "bias",
        ("MatMul", 1): "right",
    }
    new = {w.name: w for w in model.graph.initializer if w.name not in own}
    taken = own | {name for node in model.graph.node for name in [*node.input, *node.output]}
    renamed: dict[str, str] = {}
    for node in model.graph.node:
        for index, name in enumerate(node.input):
            if name in new and name not in renamed and node.output:
                role = roles.get((node.op_type, index), f"input{index}")
                fresh = f"{node.output[0]}_{node.op_type}_{role}"
                if fresh not in taken:
                    taken.add(fresh)
                    renamed[name] = fresh
    if any(captured(node) & renamed.keys() for node in model.graph.node):
        return  # sub-graphs use them by name
    for old, fresh in renamed.items():
        new[old].name = fresh
    for node in model.graph.node:
        for index, name in enumerate(node.input):
            node.input[index] = renamed.get(name, name)


def _onnxsim(model: Any, skip_fuse_bn: bool, avoid: str) -> Any:
    import onnxsim

    avoided = AVOIDED[avoid]
    skipped = [*_LEFT_OUT, *(["fuse_bn_into_conv"] if skip_fuse_bn else []), *(avoided or [])]
    with _quiet():
        simple, good = onnxsim.simplify(model, perform_optimization=avoided is not None, skipped_optimizers=skipped)
    if not good:
        raise RuntimeError("its result differs from the model")
    return simple


def _onnxslim(model: Any, skip_fuse_bn: bool, avoid: str) -> Any:
    import onnxslim

    if skip_fuse_bn or avoid:
        raise RuntimeError(f"it cannot do without {avoid or 'fusing batch normalisation'}")
    with _quiet():
        return onnxslim.slim(model)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep a library's chatter off the user's terminal: what Python prints, and what native code writes to stderr."""
    sys.stderr.flush()
    try:
        saved = os.dup(2)
    except OSError:
        yield
        return
    with Path(os.devnull).open("wb") as sink:
        os.dup2(sink.fileno(), 2)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
