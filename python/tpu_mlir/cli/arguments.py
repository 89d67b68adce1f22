"""An argument parser by the house rules: one-sentence errors, exit code 1, no abbreviations, hints for unknown flags.

What each tool takes is its own file's business.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from .. import __version__
from ..errors import UserError, did_you_mean
from ..names import split_list

# A value such as "-1,0.5,0" or "-3" is a value, not a flag.
_NEGATIVE_VALUES = re.compile(r"^-\d[\d.,eE+-]*$|^-\.\d+[\d.,eE+-]*$")


class HelpFormatter(argparse.HelpFormatter):
    """argparse's, with the default of every flag that has one and whose help does not name it."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        text, value = action.help, action.default
        has_default = value is not argparse.SUPPRESS and value is not None and value != () and action.nargs != 0
        if not text or not action.option_strings or not has_default or "default" in text:
            return text
        shown = ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
        return f"{text} (default {shown.replace('%', '%%')})"


class ArgumentParser(argparse.ArgumentParser):
    """argparse with UserErrors; `refuse` names documented flags that this version cannot serve, `allow` the values of
    such flags that ask for what happens anyway, and `ignore` flags that change nothing here."""

    def __init__(self, prog: str, description: str, **kwargs: Any) -> None:
        super().__init__(
            prog=prog,
            description=description,
            allow_abbrev=False,
            formatter_class=HelpFormatter,
            **kwargs,
        )
        self.add_argument("--version", action="version", version=f"{prog} {__version__}", help="the version")
        self._negative_number_matcher = _NEGATIVE_VALUES
        self._refused: dict[str, str] = {}
        self._allowed: dict[str, tuple[str, ...]] = {}
        self._ignored: dict[str, str] = {}

    def refuse(self, flags: Sequence[str], reason: str) -> None:
        """Make each of `flags` an error that says it is known but not available, and why."""
        for flag in flags:
            self._refused[flag] = reason

    def allow(self, values: Mapping[str, str | Sequence[str]]) -> None:
        """For refused flags that take a value: those that are their defaults elsewhere and change nothing here.

        Numbers are compared as numbers, everything else without regard to case; an empty value is always one.
        """
        for flag, allowed in values.items():
            self._allowed[flag] = (allowed,) if isinstance(allowed, str) else tuple(allowed)
            self._refused.setdefault(flag, "it is not built yet")

    def ignore(self, flags: Sequence[str], note: str) -> None:
        """Make each of `flags`, which take a value, one that is accepted with a note."""
        for flag in flags:
            self._ignored[flag] = note

    def _without_idle(self, args: Sequence[str]) -> list[str]:
        """`args` without flags that are ignored, and without those that are refused but ask for nothing."""
        kept: list[str] = []
        notes: dict[str, list[str]] = {}
        rest = list(args)
        while rest:
            arg = rest.pop(0)
            flag, has_value, value = arg.partition("=")
            if arg == "--":
                return [*kept, arg, *rest, *self._say(notes)]
            own = flag in self._option_string_actions
            if own or (flag not in self._allowed and flag not in self._ignored):
                kept.append(arg)
                continue
            if not has_value:
                if not rest or rest[0].startswith("--"):
                    reason = self._refused.get(flag)
                    raise UserError(
                        f"{self.prog}: flag '{flag}' " + (f"is not supported: {reason}" if reason else "needs a value")
                    )
                value = rest.pop(0)
            if flag in self._ignored:
                notes.setdefault(self._ignored[flag], []).append(flag)
            elif not _is_among(value, self._allowed[flag]):
                known = ", ".join(v for v in self._allowed[flag] if v)
                only = f"; accepted, because they change nothing: {known}" if known else ""
                raise UserError(f"{self.prog}: flag '{flag}' is not supported: {self._refused[flag]}{only}")
        return [*kept, *self._say(notes)]

    def _say(self, notes: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        from ..progress import warn

        for note, flags in notes.items():
            warn(f"{', '.join(dict.fromkeys(flags))}: {note}")
        return ()

    def parse_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        if args is None:
            import sys

            args = sys.argv[1:]
        args = self._without_idle(args)
        for arg in args:
            flag = arg.split("=", 1)[0]
            if flag in self._refused and flag not in self._option_string_actions:
                raise UserError(f"{self.prog}: flag '{flag}' is not supported: {self._refused[flag]}")
        # Unknown flags are looked for first, so that a misspelt required flag is reported as misspelt, not as missing.
        known = self._known_flags()
        for arg in args:
            flag = arg.split("=", 1)[0]
            if flag == "--":
                break
            counted = re.fullmatch(r"-([a-z])\1+", flag)  # -vv
            if counted and f"-{counted[1]}" in known:
                continue
            if flag.startswith("-") and len(flag) > 1 and flag not in known and not _NEGATIVE_VALUES.match(arg):
                raise UserError(f"{self.prog}: unknown flag '{flag}'{did_you_mean(flag, sorted(known))}")
        return super().parse_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        message = message.replace("the following arguments are required:", "missing required arguments:")
        raise UserError(f"{self.prog}: {message}; see {self.prog} --help")

    def _known_flags(self) -> set[str]:
        flags = set(self._option_string_actions)
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                for parser in action.choices.values():
                    flags |= set(parser._option_string_actions)
        return flags


def _is_among(value: str, allowed: Sequence[str]) -> bool:
    if not value.strip():
        return True
    for one in allowed:
        try:
            if float(value) == float(one):
                return True
        except ValueError:
            if value.strip().lower() == one.lower():
                return True
    return False


def pair_of_floats(text: str) -> tuple[float, ...]:
    """'0.99,0.90' -> (0.99, 0.9): the floors of cosine and Euclidean similarity; a third one is SQNR in dB."""
    values = floats(text)
    if len(values) not in (2, 3):
        raise argparse.ArgumentTypeError(f"'{text}' must be two numbers: cosine,euclidean (or three, with SQNR in dB)")
    return values


def floats(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a comma-separated list of numbers") from None


def integers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a comma-separated list of integers") from None


def names(text: str) -> tuple[str, ...]:
    r"""'a,b' -> ('a', 'b'); a comma of a name is written '\,'."""
    return split_list(text)


def files(text: str) -> tuple[str, ...]:
    """As `names`, for paths; a text that is one existing file is that file, commas or not."""
    return (text,) if os.path.lexists(text) else split_list(text)


def shapes(text: str) -> tuple[tuple[int, ...], ...]:
    """'[[1,3,224,224],[1,10]]' -> ((1, 3, 224, 224), (1, 10)); a single '[1,3,4,4]' is one shape."""
    import ast

    expected = "must look like [[1,3,224,224]] or [[1,3,224,224],[1,10]]"
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise argparse.ArgumentTypeError(f"'{text}' {expected}") from None
    if isinstance(value, (list, tuple)) and value and all(isinstance(v, int) for v in value):
        value = [value]
    if not isinstance(value, (list, tuple)) or not value:
        raise argparse.ArgumentTypeError(f"'{text}' {expected}")
    for shape in value:
        if not isinstance(shape, (list, tuple)) or not all(
            isinstance(d, int) and not isinstance(d, bool) and d > 0 for d in shape
        ):
            raise argparse.ArgumentTypeError(f"'{text}' {expected}, with positive integers")
    return tuple(tuple(shape) for shape in value)
