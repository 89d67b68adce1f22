"""One function per ONNX operator: the registry, and what such a function sees of its node.

A function is registered with `@onnx_op("Conv")`; its docstring is the user-facing rule of what can be imported. A node
that breaks the rule is refused by `node.refuse(...)`; the importer collects all refusals and reports them together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from ..core import node as core
from ..core.node import FLOATS
from ..core.protocol import GraphNode

if TYPE_CHECKING:
    from ..core.importer import Importer

ImportFunction = Callable[["Node"], None]

_REGISTRY: dict[str, ImportFunction] = {}
_TYPES: dict[str, frozenset[str]] = {}
_FAMILIES = (
    "ops_conv",
    "ops_deconv",
    "ops_pool",
    "ops_eltwise",
    "ops_activation",
    "ops_select",
    "ops_shape",
    "ops_resize",
    "ops_detection",
    "ops_compare",
    "ops_choice",
    "ops_index",
    "ops_recurrent",
    "ops_rows",
)


def onnx_op(*op_types: str, types: Collection[str] = FLOATS) -> Callable[[ImportFunction], ImportFunction]:
    """Register the decorated function as the importer of these operators of the standard domain.

    types: of the tensors that the function may ask for as values, as numpy calls them.
    """

    def register(function: ImportFunction) -> ImportFunction:
        assert function.__doc__, f"importer of {op_types} needs a docstring: it is the user-facing rule"
        for op_type in op_types:
            assert op_type not in _REGISTRY, f"two importers for {op_type}"
            _REGISTRY[op_type] = function
            _TYPES[op_type] = frozenset(types)
        return function

    return register


def registry() -> dict[str, ImportFunction]:
    """All importers by operator; loads the families on first use."""
    import importlib

    for family in _FAMILIES:
        importlib.import_module(f"{__package__}.{family}")
    return _REGISTRY


class Node(core.Node):
    """One ONNX node in front of its import function, with its attributes and opset."""

    def __init__(self, importer: Importer, node: GraphNode, opset: int) -> None:
        super().__init__(importer, node)
        self.opset = opset
        self._attributes = {a.name: a for a in node.source.attribute}

    @property
    def types(self) -> Collection[str]:
        return _TYPES[self.kind]

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

    def ints(self, index: int, attribute: str, what: str) -> list[int] | None:
        """A list of integers that newer opsets take as input `index` and older ones as an attribute; None if absent."""
        if self.has_input(index):
            return [int(v) for v in self.need_const(index, what).reshape(-1)]
        value = self.attribute(attribute)
        return None if value is None else [int(v) for v in value]

    def result(self, value: Any, index: int = 0) -> None:
        """As the core's. onnx (seen in 1.23) counts windows of ceil_mode that start in the padding behind the input,
        against its own specification and its own evaluator; from there on its inferred shapes are not asked."""
        self._importer.bind(self.outputs[index], value, may_differ=bool(self.attribute("ceil_mode", 0)))
