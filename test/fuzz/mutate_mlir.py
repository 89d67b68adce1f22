"""Damages .mlir modules: numbers, shapes, types, names, operands, attributes, lines, bytes.

A mutant is made from one seed by one to four edits, most of them small enough that the text still parses: the damage is
meant for verifiers and passes, not for the parser. Everything follows from the random source. Runs nothing.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

INTEGERS = [
    0, 1, -1, 2, 3, 4, 5, 7, 63, 64, 65, 127, 128, 255, 256, 1000, 4096, 65535, 65536, 1 << 20, (1 << 31) - 1,
    1 << 31, 1 << 32, 1 << 40, 1 << 62, (1 << 63) - 1, 1 << 63, -(1 << 31), -(1 << 63), 1 << 64,
]  # fmt: skip
FLOATS = [
    "0.0", "-0.0", "1.0", "-1.0", "0.5", "1.0e-300", "1.0e300", "1.0e30", "-1.0e30", "0x7FF8000000000000",
    "0x7FF0000000000000", "0xFFF0000000000000",
]  # fmt: skip
TYPES = [
    "f32", "f16", "bf16", "f64", "f8E4M3FN", "i1", "i4", "i8", "ui8", "si8", "i16", "i32", "ui32", "i64", "i128",
    "index", "complex<f32>", "!quant.uniform<i8:f32, 0.1>", "!quant.uniform<u8:f32, 0.02:128>",
    "!quant.uniform<i4:f32, 0.5>", "!quant.uniform<i16:f32, 1.0e-3>", "!quant.uniform<i32:f32, 1.0>",
    "!quant.uniform<i8:f32:0, {0.1,0.2}>", "!quant.uniform<i8<-127:127>:f32, 1.0e-30>",
    "!quant.uniform<u8:f32, 1.0e30>", "!quant.uniform<i8:f64, 0.5>", "!quant.any<i8:f32>",
    "!quant.calibrated<f32<-1.0:2.0>>", "!quant.calibrated<f32<0.0:1.0e-30>>", "!quant.calibrated<f32<0.0:0.0>>",
    "!quant.calibrated<f32<-1.0e300:1.0e300>>", "!quant.calibrated<f32<1.0:-1.0>>",
    "!quant.calibrated<f16<-1.0:1.0>>", "tensor<2xf32>", "vector<4xf32>",
]  # fmt: skip
WHOLE_TYPES = [
    "none", "f32", "i64", "tensor<f32>", "tensor<*xf32>", "tensor<?x3xf32>", "tensor<0xf32>", "vector<4xf32>",
    "memref<4xf32>", "tuple<>", "!quant.any<i8>", "tensor<1x3x8x8xf32>", "tensor<1xf32, \"encoding\">",
    "tensor<1xf32, 64 : i64>",
]  # fmt: skip
VALUES = [
    "unit", "true", "false", "0 : i64", "-1 : i64", "1 : i8", "2.5 : f32", "1.0 : f64", '""', '"x"', '"Max"',
    '"conv_nic"', "[]", "[1, 2]", "{}", "array<i64>", "array<i64: 1>", "array<i64: -1, 0, 9223372036854775807>",
    "array<i32: 1, 1>", "array<f64: 1.0>", "array<f64>", "dense<1> : tensor<2xi64>", "dense<0.5> : tensor<1x3xf32>",
    "f32", "@main", "#tpu.tile<n = 1, c = 64, h = 1, w = 1, buffers = 1>",
    "#tpu.tile<n = 99, c = 99999, h = 4096, w = 4096, buffers = 2>",
    "#tpu.group<id = 0, n = 1, h = 1, weights = true, stored = true, joins = false>",
    "#tpu.group<id = 1, n = 1, h = 2, weights = false, stored = false, joins = true>",
    "#tpu.group<id = 9223372036854775807, n = 4294967296, h = 4294967296, weights = true, stored = true, joins = true>",
]  # fmt: skip
OPS = [
    "top.None", "top.Weight", "top.Input", "top.Cast", "top.Conv", "top.MatMul", "top.BatchNorm", "top.Scale",
    "top.Add", "top.Sub", "top.Mul", "top.AddConst", "top.MulConst", "top.Relu", "top.LeakyRelu", "top.Clip",
    "top.Gather", "top.PRelu", "tpu.Gather", "tpu.PRelu",
    "top.Sigmoid", "top.HardSigmoid", "top.MaxPool", "top.AvgPool", "top.Concat", "top.Slice", "top.Pad",
    "top.Reshape", "top.Flatten", "top.Permute", "top.Upsample", "tpu.Conv2D", "tpu.MatMul", "tpu.Pool2D", "tpu.Add",
    "tpu.Mul", "tpu.AddConst", "tpu.MulConst", "tpu.Relu", "tpu.Lut", "tpu.RequantInt", "tpu.Lines", "tpu.Curve",
    "tpu.Unfold", "tpu.Cast", "tpu.Concat", "tpu.Slice", "tpu.Pad", "tpu.Reshape", "tpu.Permute", "tpu.Upsample",
    "func.call", "builtin.unrealized_conversion_cast",
]  # fmt: skip
STRINGS = [
    "", "TOP_F32", "TOP_CALIBRATED", "TPU_LOWERED", "TPU_REORDERED", "TPU_DIVIDED", "TPU_ADDRESSED", "bm1684x",
    "bm1684", "bm1684y", "INT8", "F32", "main", "conv_nic", "Max", "Avg", "constant", "reflect", "edge", "../x",
    "\\00", "a/b.npz",
]  # fmt: skip
MODULE_ATTRIBUTES = [
    "module.state", "module.chip", "module.name", "module.mode", "module.weight_file", "module.FLOPs",
    "module.coeff_addr", "module.coeff_size", "module.neuron_addr", "module.neuron_size", "module.lmem_bytes",
    "module.scratch_banks",
    "module.subnets", "module.asymmetric", "module.platform",
]  # fmt: skip
_RELU = '"top.Relu"(%z) : (tensor<4xf32>) -> tensor<4xf32> loc("yy")'
_TAKES = "(%z: tensor<4xf32>) -> tensor<4xf32>"
EXTRA_FUNCTIONS = [
    "func.func private @outside(tensor<1xf32>) -> tensor<1xf32>",
    "func.func @empty() { return }",
    f"func.func @two{_TAKES} {{ %y = {_RELU} return %y : tensor<4xf32> }}",
    'func.func @w() -> tensor<8xf32> { %y = "top.Weight"() : () -> tensor<8xf32> loc("w") return %y : tensor<8xf32> }',
    f"func.func @blocks{_TAKES} {{ return %z : tensor<4xf32> ^late: return %z : tensor<4xf32> }}",
    'module @inner attributes {module.state = "TOP_F32"} { func.func @main() { return } }',
    f"module {{ func.func @main{_TAKES} {{ %y = {_RELU.replace('top', 'tpu')} return %y : tensor<4xf32> }} }}",
]

NUMBER = re.compile(r"(?<![\w.%#])-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.])")
SHAPE = re.compile(r"(?<=tensor<)\d+(?:x\d+)*(?=x)")
ELEMENT = re.compile(r"(?<=\dx)(?:!quant\.\w+<[^<>]*(?:<[^<>]*>[^<>]*)*>|[fui]+\d+)(?=[,>])")
TENSOR = re.compile(r"tensor<[^<>]*(?:<[^<>]*(?:<[^<>]*>[^<>]*)*>[^<>]*)*>")
LIST = re.compile(r"(?<=array<)(?:i64|f64): [^>]*(?=>)")
OPERATION = re.compile(r'"(?:top|tpu)\.\w+"')
CALL = re.compile(r'"(?:top|tpu)\.\w+"\([^()]*\)')
VALUE = re.compile(r"%\w+(?:#\d+)?")
STRING = re.compile(r'(?<!loc\()"[^"\n]*"')
ATTRIBUTE = re.compile(
    r"\b[\w.]+ = (?:array<[^>]*>|#tpu\.(?:tile|group)<[^>]*>|\"[^\"]*\"|-?[\d.e+-]+(?: : \w+)?|true|false)"
)
PLACEMENT = re.compile(r"#tpu\.(?:tile|group)<[^>]*>")
LOCATION = re.compile(r'loc\((?:#loc\d*|"[^"]*")\)')

Edit = Callable[[random.Random, str], str]


def _replace(
    rng: random.Random, text: str, pattern: re.Pattern[str], change: Callable[[str], str], everywhere: float = 0.0
) -> str:
    """Changes one match of the pattern or, with that chance, all that read the same."""
    found = list(pattern.finditer(text))
    if not found:
        return text
    match = rng.choice(found)
    new = change(match[0])
    if rng.random() < everywhere:
        return pattern.sub(lambda m: new if m[0] == match[0] else m[0], text)
    return text[: match.start()] + new + text[match.end() :]


def _number(rng: random.Random, old: str) -> str:
    if not re.fullmatch(r"-?\d+", old):
        return rng.choice(FLOATS) if rng.random() < 0.8 else str(rng.choice(INTEGERS))
    value = int(old)
    near = [value + 1, value - 1, value * 2, -value, value // 2, value + 64, value * 1000]
    return str(rng.choice(near if rng.random() < 0.5 else INTEGERS))


def numbers(rng: random.Random, text: str) -> str:
    return _replace(rng, text, NUMBER, lambda old: _number(rng, old), 0.2)


def _shape(rng: random.Random, old: str) -> str:
    sizes = old.split("x")
    at = rng.randrange(len(sizes))
    kind = rng.randrange(6)
    if kind <= 2:
        sizes[at] = _number(rng, sizes[at]).lstrip("-")
    elif kind == 3:
        sizes.insert(at, rng.choice(["1", "2", "?", "65536", "4294967296"]))
    elif kind == 4 and len(sizes) > 1:
        del sizes[at]
    else:
        rng.shuffle(sizes)
    return "x".join(sizes)


def shapes(rng: random.Random, text: str) -> str:
    return _replace(rng, text, SHAPE, lambda old: _shape(rng, old), 0.7)


def element_types(rng: random.Random, text: str) -> str:
    return _replace(rng, text, ELEMENT, lambda old: rng.choice(TYPES), 0.6)


def whole_types(rng: random.Random, text: str) -> str:
    encodings = [", 64 : i64>", ', "e">', ", {}>", ", -8 : i64>", ", 0.5 : f32>", ", 8 : i128>"]

    def change(old: str) -> str:
        return rng.choice(WHOLE_TYPES) if rng.random() < 0.5 else old[:-1] + rng.choice(encodings)

    return _replace(rng, text, TENSOR, change, 0.6)


def lists(rng: random.Random, text: str) -> str:
    def change(old: str) -> str:
        kind, _, body = old.partition(": ")
        items = body.split(", ")
        at = rng.randrange(len(items))
        how = rng.randrange(4)
        if how == 0:
            del items[at]
        elif how == 1:
            items.insert(at, items[at])
        elif how == 2:
            items[at] = _number(rng, items[at])
        else:
            rng.shuffle(items)
        return f"{kind}: {', '.join(items)}" if items else kind

    return _replace(rng, text, LIST, change)


def operations(rng: random.Random, text: str) -> str:
    return _replace(rng, text, OPERATION, lambda old: f'"{rng.choice(OPS)}"')


def operands(rng: random.Random, text: str) -> str:
    values = VALUE.findall(text) or ["%none"]
    return _replace(rng, text, VALUE, lambda old: rng.choice(values))


def arity(rng: random.Random, text: str) -> str:
    """Takes an operand and its type away from an op, or gives it once more."""
    calls = list(re.finditer(r'"(?:top|tpu)\.\w+"\(([^()]*)\)(.*?) : \(([^()]*)\) ->', text, re.DOTALL))
    if not calls:
        return text
    call = rng.choice(calls)
    values = call[1].split(", ")
    kinds = re.split(r", (?=tensor<|none)", call[3])
    if len(values) != len(kinds):
        return text
    at = rng.randrange(len(values))
    if rng.random() < 0.5:
        del values[at], kinds[at]
    else:
        to = rng.randrange(len(values) + 1)
        values.insert(to, values[at])
        kinds.insert(to, kinds[at])
    head = text[call.start() : call.start(1)]
    return text[: call.start()] + f"{head}{', '.join(values)}){call[2]} : ({', '.join(kinds)}) ->" + text[call.end() :]


def attributes(rng: random.Random, text: str) -> str:
    """Removes, renames or duplicates an attribute, or gives it a value of another kind."""

    def change(old: str) -> str:
        name, _, value = old.partition(" = ")
        other = f"{name} = {rng.choice(VALUES)}"
        return rng.choice([other, other, "unknown = 1 : i64", name, f"{name}_x = {value}", f"{old}, {name}2 = {value}"])

    return _replace(rng, text, ATTRIBUTE, change, 0.1)


def drop_attribute(rng: random.Random, text: str) -> str:
    found = list(ATTRIBUTE.finditer(text))
    if not found:
        return text
    match = rng.choice(found)
    before, after = text[: match.start()], text[match.end() :]
    return before + after[2:] if after.startswith(", ") else (before[:-2] if before.endswith(", ") else before) + after


def placements(rng: random.Random, text: str) -> str:
    """What layer-group decided: other groups, slices, places, or another op's."""

    def change(old: str) -> str:
        kind = rng.randrange(4)
        if kind == 0:
            return rng.choice([rng.choice(others), rng.choice(VALUES[-5:])])
        if kind == 1:
            return re.sub(r"id = \d+", lambda m: f"id = {rng.randrange(6)}", old)
        if kind == 2:
            return re.sub(r"\b(true|false)\b", lambda m: rng.choice(["true", "false"]), old)
        return re.sub(
            r"\b([nchw]) = \d+", lambda m: f"{m[1]} = {rng.choice([1, 1, 2, 3, 5, 8, 64, 1000, 1 << 40])}", old
        )

    others = PLACEMENT.findall(text) or VALUES[-5:]
    return _replace(rng, text, PLACEMENT, change, 0.3)


def strings(rng: random.Random, text: str) -> str:
    return _replace(rng, text, STRING, lambda old: f'"{rng.choice(STRINGS)}"', 0.2)


def module_attribute(rng: random.Random, text: str) -> str:
    kinds = [rng.choice(VALUES), f'"{rng.choice(STRINGS)}"', f"{rng.choice(INTEGERS)} : i64", "1 : i128", "1 : ui64"]
    value = rng.choice(kinds)
    name = rng.choice(MODULE_ATTRIBUTES)
    without = re.sub(rf"{re.escape(name)} = (?:\"[^\"]*\"|[^,}}]*)(?:, )?", "", text, count=1)
    return without.replace("attributes {", f"attributes {{{name} = {value}, ", 1) if rng.random() < 0.7 else without


def locations(rng: random.Random, text: str) -> str:
    known = LOCATION.findall(text)
    if not known:
        return text
    other = rng.choice(known)
    inner = other[4:-1]
    plain = ["loc(unknown)", 'loc("")', 'loc("f.py":1:2)', 'loc("a b\\0A")', 'loc("x/y")']
    choices = [other, *plain, f'loc(fused[{inner}, "z"])', f'loc("n"({inner}))']
    return _replace(rng, text, LOCATION, lambda old: rng.choice(choices))


def lines(rng: random.Random, text: str) -> str:
    rows = text.split("\n")
    at, to = rng.randrange(len(rows)), rng.randrange(len(rows))
    kind = rng.randrange(3)
    if kind == 0:
        del rows[at]
    elif kind == 1:
        rows.insert(to, rows[at])
    else:
        rows[at], rows[to] = rows[to], rows[at]
    return "\n".join(rows)


def functions(rng: random.Random, text: str) -> str:
    """Adds a function or module, empties the return, or wraps an op in a region."""
    kind = rng.randrange(3)
    if kind == 0:
        end = text.rfind("}", 0, text.rfind("}") if "} loc" not in text else len(text))
        at = text.rfind("\n", 0, end) + 1
        return text[:at] + rng.choice(EXTRA_FUNCTIONS) + "\n" + text[at:]
    if kind == 1:
        text = re.sub(r"\breturn %[^\n]*?(?= loc|\n)", "return", text, count=1)
        return re.sub(r"(?<=\)) -> [^\n]*?(?= \{\n)", "", text, count=1) if rng.random() < 0.9 else text
    return _replace(rng, text, CALL, lambda old: old + ' ({ "top.None"() : () -> none })')


def results(rng: random.Random, text: str) -> str:
    """Gives an op no result or two."""
    change = rng.choice([" -> ()", " -> (tensor<1x3xf32>, tensor<1x3xf32>)", " -> none"])
    return _replace(rng, text, re.compile(r" -> tensor<[^\n]*?>(?= loc)"), lambda old: change)


def some_bytes(rng: random.Random, text: str) -> str:
    at = rng.randrange(len(text) + 1)
    kind = rng.randrange(4)
    if kind == 0:
        return text[:at] + chr(rng.randrange(1, 127)) + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at + rng.randrange(1, 9) :]
    if kind == 2:
        return text[:at] + rng.choice([*'()<>{}[]"%#!,\0\x80', "-> ", " : ", "0x", "dense<"]) + text[at:]
    to = rng.randrange(len(text) + 1)
    return text[:to] + text[at : at + rng.randrange(1, 60)] + text[to:]


def truncation(rng: random.Random, text: str) -> str:
    return text[: rng.randrange(len(text) + 1)]


# How often each edit is drawn.
EDITS: list[tuple[Edit, int]] = [
    (numbers, 16), (shapes, 14), (element_types, 10), (whole_types, 5), (lists, 10), (operations, 6), (operands, 8),
    (arity, 6), (attributes, 8), (drop_attribute, 4), (strings, 5), (module_attribute, 4), (locations, 4), (lines, 4),
    (placements, 8), (functions, 3), (results, 2), (some_bytes, 4), (truncation, 1),
]  # fmt: skip


def mutate(rng: random.Random, text: str) -> str:
    """A damaged copy of the module; the same random source gives the same one."""
    choices, weights = zip(*EDITS, strict=True)
    for edit in rng.choices(choices, weights, k=rng.choice([1, 1, 1, 2, 2, 3, 4])):
        text = edit(rng, text) or "\n"
    # The separator of --split-input-file would make two modules of one.
    return text.replace("// -----", "")
