"""Import of operators that take and replace elements by lists of places: as rows of a matrix, gathered by number."""

from __future__ import annotations

from math import prod
from typing import Any

from ..core.node import ANY_TYPE
from .ops_select import require_few, take
from .registry import Node, onnx_op


@onnx_op("GatherND", types=ANY_TYPE)
def gather_nd(node: Node) -> None:
    """Elements, or slices of trailing axes, by constant places; computed ones where they name one axis."""
    import numpy as np

    shape, batch = node.shape(0), int(node.attribute("batch_dims", 0))
    places = node.const(1)
    if places is None:
        _take_rows(node, shape, batch)
        return
    depth = places.shape[-1] if places.ndim else 0
    if not 0 < depth <= len(shape) - batch:
        node.refuse(f"its places have {depth} numbers for {len(shape) - batch} axes")
    named = shape[batch : batch + depth]
    rows = _rows_of(node, places, named)
    # Of each batch its own rows.
    lead = np.arange(prod(shape[:batch])).reshape([*shape[:batch], *([1] * (rows.ndim - batch))])
    rows = (rows + lead * prod(named)).reshape(-1)
    inner = shape[batch + depth :]
    final = [*places.shape[:-1], *inner] or [1]
    value = node.reshape(node.value(0), [prod(shape[: batch + depth]), prod(inner)], "rows")
    require_few(node, rows.size, 0)
    node.result(node.reshape(take(node, value, 0, [int(i) for i in rows], "taken"), final))


def _take_rows(node: Node, shape: tuple[int, ...], batch: int) -> None:
    places = node.shape(1)
    if places[-1] != 1 or batch:
        node.refuse(
            f"its places '{node.inputs[1]}' are computed at run time, with {places[-1]} numbers each and {batch} batch "
            f"axes",
            "such places are supported with one number each and without batch axes, and constant ones of any kind",
        )
    # What was taken loses the axis of one number, not the indices: what moves is rounded to the mode's format.
    value = node.emit("Take", [node.value(0), node.as_number(1)], {"axis": 0}, "taken")
    node.result(node.reshape(value, [*places[:-1], *shape[1:]] or [1]))


@onnx_op("ScatterND", types=ANY_TYPE)
def scatter_nd(node: Node) -> None:
    """Elements, or slices of trailing axes, replaced at constant places; of a place named twice, the last counts."""
    shape = node.shape(0)
    reduction = node.attribute("reduction", "none")
    if reduction != "none":
        node.refuse(f"attribute 'reduction' is '{reduction}'; only 'none' is supported")
    places = node.need_const(1, "list of places")
    depth = places.shape[-1] if places.ndim else 0
    if not 0 < depth <= len(shape):
        node.refuse(f"its places have {depth} numbers for {len(shape)} axes")
    rows = _rows_of(node, places, shape[:depth]).reshape(-1)
    count, inner = prod(shape[:depth]), prod(shape[depth:])
    require_few(node, count, 0)
    # What is there and what replaces it as rows of one matrix, of which each row of the result is one.
    source = list(range(count))
    for number, row in enumerate(rows):
        source[int(row)] = count + number
    data = node.reshape(node.value(0), [count, inner], "rows")
    if not rows.size:
        node.pass_through()
        return
    updates = node.reshape(node.value(2), [rows.size, inner], "updates")
    both: Any = node.emit("Concat", [data, updates], {"axis": 0}, "both")
    node.result(node.reshape(take(node, both, 0, source, "replaced"), list(shape)))


def _rows_of(node: Node, places: Any, axes: tuple[int, ...]) -> Any:
    """The number of each place, row-major over `axes`; refuses the node where one does not exist."""
    import numpy as np

    sizes = np.asarray(axes, np.int64)
    wrong = (places < -sizes) | (places >= sizes)
    if wrong.any():
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        node.refuse(
            f"its index {int(places[where])} at {list(where)} is out of range for {axes[where[-1]]} elements of axis "
            f"{where[-1]} of those that it names"
        )
    wrapped = np.where(places < 0, places + sizes, places)
    return np.ravel_multi_index(tuple(np.moveaxis(wrapped, -1, 0)), axes)
