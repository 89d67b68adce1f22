"""Loads and runs each .mlir file of its command line with the compiled module; says on stdout which one is next.

A file may be refused by an exception. What ends the process instead is found by the last line (test_fuzz_mlir.py).
"""

from __future__ import annotations

import sys

import numpy as np


def interpret(path: str) -> str:
    """`ran`, or the first words of why not."""
    import pymlir

    try:
        module = pymlir.module()
        module.load(path)
        for name in module.input_names:
            module.set_tensor(name, np.ones(module.input_shape(name), np.float32))
        module.invoke(True)
        module.get_all_tensor()
    except (pymlir.MLIRError, MemoryError, ValueError) as error:
        return str(error)[:60]
    return "ran"


if __name__ == "__main__":
    for file in sys.argv[1:]:
        print(file, flush=True)
        print(interpret(file).splitlines()[:1], flush=True)
