"""The weights of one import: each is made once, whoever asks for it, and is known by what it is.

What a weight is: the constant that it comes from, and all that was done to it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from .names import Names
from .stored import place_of

Key = tuple[Hashable, ...]


class Weights:
    """keep: gives an array in C order in a given type, perhaps in a file."""

    def __init__(self, builder: Any, names: Names, keep: Callable[[Any, Any], Any]) -> None:
        self.parameters = 0  # how many numbers there are in all of them
        self.placed: dict[tuple[str, int], str] = {}  # names of the weights that stay in files, by file and offset
        self._builder, self._names, self._keep = builder, names, keep
        self._made: dict[Key, Any] = {}

    def get(self, key: Key) -> Any:
        """The Top value of the weight `key`; None where it was not made yet."""
        return self._made.get(key)

    def make_typed(self, name: str, array: Any) -> Any:
        """A weight of the array's own element type, which is no float: the constant `name`."""
        key = (name, str(array.dtype))
        if key not in self._made:
            array = self._keep(array, array.dtype)
            self.parameters += array.size
            array = array.reshape(1) if array.ndim == 0 else array
            self._made[key] = self._builder.weight(self._names.take(name), array)
        return self._made[key]

    def make(self, name: str, key: Key, array: Any) -> Any:
        """A float32 weight called `name`, or nearly so where that is taken."""
        import numpy as np

        array = self._keep(array, np.float32)
        self.parameters += array.size
        # A scalar becomes a vector of one: Top has no tensors without dimensions.
        array = array.reshape(1) if array.ndim == 0 else array
        unique = self._names.take(name)
        place = place_of(array)
        if place is None:
            self._made[key] = self._builder.weight(unique, array)
        else:
            self._made[key] = self._builder.weight_in_file(unique, *place, array.shape)
            self.placed.setdefault(place, unique)
        return self._made[key]
