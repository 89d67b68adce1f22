"""Import of LSTM and GRU: one layer of Top, and its results cut out of what that gives."""

from __future__ import annotations

from typing import Any

from .registry import Node, onnx_op

# Per direction, in the order of the standard.
_ACTIVATIONS = {"LSTM": ["sigmoid", "tanh", "tanh"], "GRU": ["sigmoid", "tanh"]}
_DIRECTIONS = ("forward", "reverse", "bidirectional")


@onnx_op("LSTM")
def lstm(node: Node) -> None:
    """Long short-term memory in any direction, with initial states and constant sequence lengths; matrices and bias are
    constant, functions the standard's own, without peepholes and clipping."""
    if node.attribute("input_forget", 0):
        node.refuse("attribute 'input_forget' is set; input and forget gates of their own are supported")
    if node.has_input(7):
        peepholes = node.need_const(7, "peephole weights")
        if peepholes.any():
            node.refuse("its peephole weights are not zero; LSTMs without peepholes are supported")
    _layer(node, [5, 6], {"with_cell": node.has_output(2)})


@onnx_op("GRU")
def gru(node: Node) -> None:
    """Gated recurrent unit in any direction, with initial state and constant sequence lengths; matrices and bias are
    constant, functions the standard's own, without clipping."""
    _layer(node, [5], {"linear_before_reset": bool(node.attribute("linear_before_reset", 0))})


def _layer(node: Node, states: list[int], extra: dict[str, Any]) -> None:
    direction = node.attribute("direction", "forward")
    if direction not in _DIRECTIONS:
        node.refuse(f"direction '{direction}' is unknown; known: {', '.join(_DIRECTIONS)}")
    directions = 2 if direction == "bidirectional" else 1
    known = _ACTIVATIONS[node.kind] * directions
    functions = [f.decode() if isinstance(f, bytes) else str(f) for f in node.attribute("activations", known)]
    if [f.lower() for f in functions] != known:
        node.refuse(f"its activations are {', '.join(functions)}; supported: {', '.join(known)}")
    if node.has_attribute("clip"):
        node.refuse("attribute 'clip' is set; layers without clipping are supported")
    batch_first = bool(node.attribute("layout", 0))
    shape = node.shape(0)
    if len(shape) != 3:
        node.refuse(f"its input has {len(shape)} dimensions; steps, batch and features are needed")
    steps, batch = (shape[1], shape[0]) if batch_first else (shape[0], shape[1])
    hidden = int(node.need_const(2, "recurrence matrix").shape[-1])
    if int(node.attribute("hidden_size", hidden)) != hidden:
        node.refuse(
            f"attribute 'hidden_size' is {node.attribute('hidden_size')}, and its recurrence matrix has {hidden}"
        )
    node.need_const(1, "input matrix")
    operands = [node.value(0), node.value(1), node.value(2), node.none()]
    if batch_first:
        operands[0] = node.emit("Permute", [operands[0]], {"order": [1, 0, 2]}, "steps_first")
    if node.has_input(3):
        node.need_const(3, "bias")
        operands[3] = node.value(3)
    for index in states:
        state = node.none()
        if node.has_input(index):
            state = node.value(index)
            constant = node.const(index)
            if batch_first and constant is not None:
                state = node.weight(constant.transpose(1, 0, 2), node.inputs[index], "directions_first")
            elif batch_first:
                state = node.emit("Permute", [state], {"order": [1, 0, 2]}, f"state{index}_directions_first")
        operands.append(state)
    attributes: dict[str, Any] = {"hidden_size": hidden, "direction": direction, **extra}
    if node.has_input(4):
        lengths = [int(v) for v in node.need_const(4, "sequence lengths").reshape(-1)]
        if len(lengths) != batch or not all(0 <= v <= steps for v in lengths):
            node.refuse(f"its sequence lengths {lengths} do not fit a batch of {batch} with {steps} steps")
        if any(v != steps for v in lengths):
            attributes["lengths"] = lengths
    asked = [index for index in range(len(states) + 1) if node.has_output(index)]
    is_whole = asked == [0] and not batch_first
    value = node.emit(node.kind, operands, attributes, "" if is_whole else "layer")
    if is_whole:
        node.result(value)
        return
    _results(node, value, asked, steps, attributes, batch_first)


def _results(
    node: Node, value: Any, asked: list[int], steps: int, attributes: dict[str, Any], batch_first: bool
) -> None:
    """Y, Y_h and Y_c, as far as they are asked for, of a layer's [steps, directions, batch, hidden]."""
    total, directions, batch, hidden = node.shape_of_value(value)
    names = ("", "h", "c")

    def part(begin: list[int], end: list[int], suffix: str) -> Any:
        if [e - b for b, e in zip(begin, end, strict=True)] == list(node.shape_of_value(value)):
            return value
        return node.emit("Slice", [value], {"offset": begin, "steps": [1] * 4, "ends": end}, suffix)

    def last(direction: int, end: int, element: tuple[int, int], suffix: str) -> Any:
        """The state behind the last step of elements [element) of the batch."""
        row = 0 if attributes["direction"] == "reverse" or direction == 1 else max(end - 1, 0)
        return part([row, direction, element[0], 0], [row + 1, direction + 1, element[1], hidden], suffix)

    for index in asked:
        stem = names[index] or "y"
        order, shape = [2, 0, 1, 3], [batch, steps, directions, hidden]
        if index == 0:
            found = part([0, 0, 0, 0], [steps, directions, batch, hidden], stem)
        else:
            order, shape = [2, 1, 0, 3], [batch, directions, hidden]
            if index == 2:
                found = part([total - 1, 0, 0, 0], [total, directions, batch, hidden], stem)
            else:
                found = _last_states(node, last, attributes.get("lengths", [steps] * batch), directions, stem)
            if not batch_first:
                shape = [directions, batch, hidden]
        if batch_first:
            found = node.emit("Permute", [found], {"order": order}, f"{stem}_batch_first")
        if index == 0 and not batch_first:
            shape = [steps, directions, batch, hidden]
        node.result(node.reshape(found, shape, index=index), index)


def _last_states(node: Node, last: Any, lengths: list[int], directions: int, stem: str) -> Any:
    """[1, directions, batch, hidden]: behind each element's own last step."""
    if 0 in lengths:
        node.refuse("a sequence length is 0 and its last state is used; lengths of at least 1 are supported")
    runs: list[tuple[int, int]] = []  # neighbours in the batch that end together
    for element, length in enumerate(lengths):
        if runs and lengths[runs[-1][0]] == length:
            runs[-1] = (runs[-1][0], element + 1)
        else:
            runs.append((element, element + 1))
    rows = []
    for direction in range(directions):
        parts = [last(direction, lengths[run[0]], run, f"{stem}{direction}_{run[0]}") for run in runs]
        rows.append(
            parts[0] if len(parts) == 1 else node.emit("Concat", parts, {"axis": 2}, f"{stem}{direction}_batch")
        )
    return rows[0] if len(rows) == 1 else node.emit("Concat", rows, {"axis": 1}, f"{stem}_directions")
