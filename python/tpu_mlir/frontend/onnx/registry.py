"""One function per ONNX operator: the registry, and what such a function sees of its node.

A function is registered with `@onnx_op("Conv")`; its docstring is the user-facing rule of what can be imported. A node
that breaks the rule is refused by `node.refuse(...)`; the importer collects all refusals and reports them together.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from .importer import Importer

ImportFunction = Callable[["Node"], None]

_REGISTRY: dict[str, ImportFunction] = {}
_FAMILIES = ("ops_conv", "ops_pool", "ops_eltwise", "ops_activation", "ops_shape", "ops_resize")


class Refused(Exception):
    """A node cannot be imported; the text says why and what can be done."""


class Unknown(Exception):
    """Nothing can be said about a node, because it depends on one that was refused."""


def onnx_op(*op_types: str) -> Callable[[ImportFunction], ImportFunction]:
    """Register the decorated function as the importer of these operators of the standard domain."""

    def register(function: ImportFunction) -> ImportFunction:
        assert function.__doc__, f"importer of {op_types} needs a docstring: it is the user-facing rule"
        for op_type in op_types:
            assert op_type not in _REGISTRY, f"two importers for {op_type}"
            _REGISTRY[op_type] = function
        return function

    return register


def registry() -> dict[str, ImportFunction]:
    """All importers by operator; loads the families on first use."""
    import importlib

    for family in _FAMILIES:
        importlib.import_module(f"{__package__}.{family}")
    return _REGISTRY


class Node:
    """One ONNX node in front of its import function.

    Inputs are asked for by position. `value(i)` is the Top value (a constant becomes a weight), `const(i)` the numpy
    array or None. `emit` adds a Top operation; the node's results are announced by `result`.
    """

    def __init__(self, importer: Importer, proto: Any) -> None:
        self._importer = importer
        self.proto = proto
        self.op_type: str = proto.op_type
        self.opset: int = importer.opset
        self.inputs: list[str] = list(proto.input)
        self.outputs: list[str] = list(proto.output)
        self._attributes = {a.name: a for a in proto.attribute}

    # --- what the node says -------------------------------------------------------------------------------------

    @property
    def title(self) -> str:
        """How messages name the node: its own name, else its first result's."""
        return self.proto.name or self.outputs[0]

    def has_attribute(self, name: str) -> bool:
        return name in self._attributes

    def attribute(self, name: str, default: Any = None) -> Any:
        """An attribute's value as int, float, str, list or numpy array; `default` where absent."""
        import onnx

        if name not in self._attributes:
            return default
        value = onnx.helper.get_attribute_value(self._attributes[name])
        if isinstance(value, bytes):
            return value.decode("utf-8", "replace")
        if isinstance(value, onnx.TensorProto):
            return onnx.numpy_helper.to_array(value)
        return list(value) if not isinstance(value, (int, float, str)) else value

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

    def ints(self, index: int, attribute: str, what: str) -> list[int] | None:
        """A list of integers that newer opsets take as input `index` and older ones as an attribute; None if absent."""
        if self.has_input(index):
            return [int(v) for v in self.need_const(index, what).reshape(-1)]
        value = self.attribute(attribute)
        return None if value is None else [int(v) for v in value]

    def refuse(self, reason: str, advice: str = "") -> NoReturn:
        """Say why the node cannot be imported and what can be done."""
        raise Refused(f"{reason}; {advice}" if advice else reason)

    # --- building Top -------------------------------------------------------------------------------------------

    def value(self, index: int) -> Any:
        """Input `index` as a Top value; a constant becomes a weight."""
        return self._importer.value_of(self.inputs[index])

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
        """The Top name of result `index`: `<onnx output>_<OpType>`; with a suffix, a new one for a helper value."""
        base = self._importer.result_name(self.outputs[index], self.op_type)
        return self._importer.unique_name(f"{base}_{suffix}") if suffix else base

    def emit(
        self,
        op: str,
        operands: Sequence[Any],
        attributes: dict[str, Any] | None = None,
        suffix: str = "",
        index: int = 0,
    ) -> Any:
        """Add `top.<op>`; without a suffix it is the operation that makes result `index`."""
        return self._importer.emit(f"top.{op}", operands, attributes or {}, self.name(index, suffix))

    def shape_of_value(self, value: Any) -> tuple[int, ...]:
        return self._importer.shape_of_value(value)

    def reshape(self, value: Any, shape: Sequence[int], suffix: str = "", index: int = 0) -> Any:
        """`value` under another shape; unchanged where it already has that shape and is only a helper."""
        shape = [int(d) for d in shape]
        if suffix and list(self.shape_of_value(value)) == shape:
            return value
        return self.emit("Reshape", [value], {"shape": shape}, suffix, index)

    def result(self, value: Any, index: int = 0) -> None:
        """Announce `value` as the node's result `index`."""
        self._importer.bind(self.outputs[index], value, ceil_mode=bool(self.attribute("ceil_mode", 0)))

    def pass_through(self, index: int = 0) -> None:
        """The node changes nothing: its result is its input, under the input's name.

        Where the network ends here, a reshape to the same shape keeps the output's own name.
        """
        value = self.value(0)
        if self._importer.is_output(self.outputs[index]):
            value = self.emit("Reshape", [value], {"shape": list(self.shape_of_value(value))}, index=index)
        self.result(value, index)
