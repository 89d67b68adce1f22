"""F16 and BF16 of the kernels against ml_dtypes: conversions and arithmetic.

Every 16-bit operand takes part; of pairs, each beside special and random partners. Run by ctest as
`half_floats.py KERNEL_TABLES`.
"""

from __future__ import annotations

import subprocess
import sys

import ml_dtypes
import numpy as np

FORMATS = {"f16": np.dtype(np.float16), "bf16": np.dtype(ml_dtypes.bfloat16)}
PARTNERS = 40


def run(program: str, arguments: list[str], *arrays: np.ndarray) -> bytes:
    """What the program writes when it reads the arrays."""
    data = b"".join(a.tobytes() for a in arrays)
    return subprocess.run([program, *arguments], input=data, capture_output=True, check=True).stdout


def differing(got: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where two arrays differ: in bits, or in being NaN."""
    bits = np.uint32 if got.itemsize == 4 else np.uint16
    same = (got.view(bits) == wanted.view(bits)) | (np.isnan(got) & np.isnan(wanted))
    return np.flatnonzero(~same)


def check(what: str, got: np.ndarray, wanted: np.ndarray, operands: list[np.ndarray]) -> int:
    """Prints the first difference; the number of them."""
    wrong = differing(got, wanted)
    if len(wrong):
        i = wrong[0]
        print(f"{what} of {[o[i] for o in operands]}: {got[i]}, but ml_dtypes has {wanted[i]} ({len(wrong)} differ)")
    return len(wrong)


def probes(dtype: np.dtype) -> np.ndarray:
    """fp32 numbers: all of the format, what lies half between them, and next to that; and any."""
    every = np.arange(65536, dtype=np.uint16).view(dtype).astype(np.float32)
    finite = np.sort(every[np.isfinite(every)])
    middle = ((finite[1:].astype(np.float64) + finite[:-1]) / 2).astype(np.float32)
    near = [np.nextafter(middle, np.float32(limit)) for limit in (np.inf, -np.inf)]
    anything = np.random.default_rng(1).integers(0, 2**32, 1 << 20, dtype=np.uint32).view(np.float32)
    return np.concatenate([every, middle, *near, anything])


def main(program: str) -> int:
    """The number of differences."""
    wrong = compared = 0
    rng = np.random.default_rng(2)
    every = np.arange(65536, dtype=np.uint16)
    with np.errstate(all="ignore"):
        for name, dtype in FORMATS.items():
            wide = np.frombuffer(run(program, ["cast", name, "f32", "half_to_even"], every), np.float32)
            wrong += check(f"{name} to f32", wide, every.view(dtype).astype(np.float32), [every.view(dtype)])
            x = probes(dtype)
            narrow = np.frombuffer(run(program, ["cast", "f32", name, "half_to_even"], x), np.uint16).view(dtype)
            wrong += check(f"f32 to {name}", narrow, x.astype(dtype), [x])
            other = "bf16" if name == "f16" else "f16"
            crossed = np.frombuffer(run(program, ["cast", name, other, "half_to_even"], every), np.uint16)
            target = FORMATS[other]
            wrong += check(
                f"{name} to {other}", crossed.view(target), every.view(dtype).astype(target), [every.view(dtype)]
            )
            special = np.array([0, 1, -1, np.inf, -np.inf, np.nan, 0.5, 3], np.float32).astype(dtype).view(np.uint16)
            partners = np.concatenate([special, [0x8000, 1, 0x8001], rng.integers(0, 65536, PARTNERS)])
            a = np.tile(every, len(partners)).view(dtype)
            b = np.repeat(partners.astype(np.uint16), 65536).view(dtype)
            compared += 2 * 65536 + len(x)
            for op, ufunc in (("add", np.add), ("sub", np.subtract), ("mul", np.multiply)):
                got = np.frombuffer(run(program, [op, name], a, b), np.uint16).view(dtype)
                wrong += check(f"{name} {op}", got, ufunc(a, b), [a, b])
                compared += len(a)
            for op, ufunc in (("max", np.maximum), ("min", np.minimum)):
                got = np.frombuffer(run(program, [op, name], a, b), np.uint16).view(dtype)
                unsigned_zeros = np.isin(got.view(np.uint16), (0, 0x8000))  # which zero is the larger is not defined
                expected = np.where(unsigned_zeros & (ufunc(a, b) == dtype.type(0)), got, ufunc(a, b))
                wrong += check(f"{name} {op}", got, expected, [a, b])
                compared += len(a)
    print(f"{compared} results compared, {wrong} differ")
    return wrong


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1])))
