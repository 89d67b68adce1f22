"""What an import function sees of its node: its inputs as Top values or constants, and how it builds Top.

A front end may subclass `Node` to read the framework's own attributes.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from .protocol import GraphNode
from .refusals import Refused, Unknown

if TYPE_CHECKING:
    from .importer import Importer


FLOATS = ("float32",)
# The element types that tensors of Top have.
ANY_TYPE = ("float32", "int64", "int32", "int8", "uint8", "bool")


class Node:
    """One node in front of its import function.

    Inputs are asked for by position. `value(i)` is the Top value (a constant becomes a weight), `const(i)` the numpy
    array or None. `emit` adds a Top operation; the node's results are announced by `result`.
    """

    def __init__(self, importer: Importer, node: GraphNode) -> None:
        self._importer = importer
        self.kind: str = node.kind
        self.source: Any = node.source
        self.title: str = node.title
        self.inputs: list[str] = list(node.inputs)
        self.outputs: list[str] = list(node.outputs)

    @property
    def types(self) -> Collection[str]:
        """The element types of the values that its import function takes."""
        return FLOATS

    # --- what the node says -------------------------------------------------------------------------------------

    def has_input(self, index: int) -> bool:
        return index < len(self.inputs) and self.inputs[index] != ""

    def has_output(self, index: int) -> bool:
        """Whether result `index` is used by anybody."""
        return index < len(self.outputs) and self._importer.is_used(self.outputs[index])

    def shape(self, index: int = 0) -> tuple[int, ...]:
        """The static shape of input `index`; refuses the node where it is unknown."""
        shape = self._importer.shape_of(self.inputs[index])
        if shape is None:
            self.refuse(
                f"the shape of '{self.inputs[index]}' is not known before the network runs",
                "give --input_shapes",
            )
        return shape

    def const(self, index: int) -> Any:
        """Input `index` as a numpy array if it is constant; None if it is not, or absent."""
        return self._importer.constants.get(self.inputs[index]) if self.has_input(index) else None

    def need_const(self, index: int, what: str) -> Any:
        """Input `index` as a numpy array; refuses the node where it is computed at run time."""
        array = self.const(index)
        if array is None:
            if not self.has_input(index):
                self.refuse(f"its {what} is missing")
            if self._importer.is_unknown(self.inputs[index]):
                raise Unknown
            self.refuse(f"its {what} '{self.inputs[index]}' is computed at run time, and must be constant")
        return array

    def refuse(self, reason: str, advice: str = "") -> NoReturn:
        """Say why the node cannot be imported and what can be done."""
        raise Refused(f"{reason}; {advice}" if advice else reason)

    # --- building Top -------------------------------------------------------------------------------------------

    def value(self, index: int) -> Any:
        """Input `index` as a Top value; a constant becomes a weight."""
        return self._importer.value_of(self.inputs[index], self.types)

    def type_of_value(self, value: Any) -> str:
        """A Top value's element type, as numpy calls it."""
        return self._importer.type_of_value(value)

    def as_number(self, index: int) -> Any:
        """Input `index` as float32 numbers of the same value, whatever its type."""
        constant = self.const(index)
        if constant is not None:
            return self.weight(constant.astype("float32"), self.inputs[index], "number")
        known = self._importer.numbers.get(self.inputs[index])
        if known is not None:
            return known
        value = self.value(index)
        if self.type_of_value(value) == "float32":
            return value
        if self.type_of_value(value) != "int64":
            # The chip has no booleans and no integers of their own, and the host runs what has 64-bit ones.
            value = self.emit("Cast", [value], suffix="whole", type="int64")
        return self.emit("Cast", [value], suffix="number", type="float32")

    def is_computed(self, index: int) -> bool:
        """Whether input `index` is a tensor that the network computes or is given, of a known value."""
        return not self._importer.is_unknown(self.inputs[index])

    def as_truth(self, index: int) -> Any:
        """Input `index`, truth values as numbers or in their own type, in their own type and on the host."""
        value = self._importer.numbers.get(self.inputs[index], self.value(index))
        if self.type_of_value(value) == "bool":
            return value
        whole = self.emit("Cast", [value], suffix="whole", type="int64")
        return self.emit("Cast", [whole], suffix="truth", type="bool")

    def readers(self, index: int = 0, through: Collection[str] = ()) -> list[tuple[str, int, str]]:
        """Who reads result `index`: kinds of nodes, as which of their inputs, and the type of what they make of it.

        The network's end is ("", 0, ""). through: kinds in whose place those count that read what they make of it.
        """
        return self._importer.readers_of(self.outputs[index], through)

    def weight(self, array: Any, source: str, *done: Hashable, name: str = "") -> Any:
        """A float32 weight with these elements, which are the constant `source` after all that `done` lists.

        The same source and the same `done` are one weight, whoever asks; everything that the elements depend on
        belongs in there. name: what the weight is called if nothing else is; default: as its source.
        """
        return self._importer.weight(name or source, (source, *done), array)

    def require_finite(self, source: str, array: Any) -> None:
        """Refuse the node where `array`, made of the constant `source`, has an element that is NaN or infinite."""
        self._importer.require_finite(source, array)

    def none(self) -> Any:
        return self._importer.none

    def name(self, index: int = 0, suffix: str = "") -> str:
        """The Top name of result `index`: `<tensor>_<kind>`; with a suffix, a new one for a helper value."""
        base = self._importer.result_name(self.outputs[index], self.kind)
        return self._importer.unique_name(f"{base}_{suffix}") if suffix else base

    def emit(
        self,
        op: str,
        operands: Sequence[Any],
        attributes: dict[str, Any] | None = None,
        suffix: str = "",
        index: int = 0,
        type: str | None = None,
    ) -> Any:
        """Add `top.<op>`; without a suffix it is the operation that makes result `index`.

        type: of the result's elements; by default those of what an operation that moves values moves, else float32.
        """
        return self._importer.emit(f"top.{op}", operands, attributes or {}, self.name(index, suffix), type)

    def emit_sized_by_data(self, op: str, operands: Sequence[Any], attributes: dict[str, Any], type: str) -> None:
        """Add `top.<op>` whose first result is as long as its second one, an int32, says, and announce the first."""
        name = self.name()
        names = [name, self._importer.unique_name(f"{name}_count")]
        values = self._importer.emit(f"top.{op}", operands, attributes, names, [type, "int32"])
        self._importer.bind(self.outputs[0], values[0], sized_by_data=True)

    def shape_of_value(self, value: Any) -> tuple[int, ...]:
        return self._importer.shape_of_value(value)

    def reshape(self, value: Any, shape: Sequence[int], suffix: str = "", index: int = 0) -> Any:
        """`value` under another shape; unchanged where it already has that shape and is only a helper."""
        shape = [int(d) for d in shape]
        if suffix and list(self.shape_of_value(value)) == shape:
            return value
        return self.emit("Reshape", [value], {"shape": shape}, suffix, index)

    def result_as_number(self, number: Any, index: int = 0) -> None:
        """Say that the node's result `index`, in its own type, is there as float32 numbers too."""
        self._importer.numbers[self.outputs[index]] = number

    def result(self, value: Any, index: int = 0) -> None:
        """Announce `value` as the node's result `index`."""
        self._importer.bind(self.outputs[index], value)

    def pass_through(self, index: int = 0) -> None:
        """The node changes nothing: its result is its input, under the input's name.

        Where the network ends here, a reshape to the same shape keeps the output's own name.
        """
        value = self.value(0)
        if self._importer.is_output(self.outputs[index]):
            value = self.emit("Reshape", [value], {"shape": list(self.shape_of_value(value))}, index=index)
        self.result(value, index)
