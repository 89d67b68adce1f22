"""Names of tensors inside text: in a line of words, and in lists on a command line.

A name may hold anything: spaces, commas, quotes, line ends. The rules are those of include/tpu_mlir/Support/NameText.h.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

# Blanks and control characters of ASCII end a word or a line; some programs end a line at the other three.
_ENDS_WORDS = re.compile(r"[\x00-\x20\x7f\u0085\u2028\u2029]")
_OTHER_LINE_ENDS = re.compile(r"[\u0085\u2028\u2029]")


def word(name: str) -> str:
    """`name` itself where it is one word and begins with neither '"' nor '#', else as a JSON string."""
    if name and name[0] not in '"#' and not _ENDS_WORDS.search(name):
        return name
    return json.dumps(name, ensure_ascii=bool(_OTHER_LINE_ENDS.search(name)))


def quoted(name: str) -> str:
    """`name` in quotes for a sentence: single ones, or a JSON string where it holds line ends or control characters."""
    return word(name) if _ENDS_WORDS.search(name.replace(" ", "")) else f"'{name}'"


def read_quoted(line: str) -> tuple[str, str] | None:
    """The name at the begin of a line where `word` put it in quotes, and what follows it; None where it did not."""
    if not line.startswith('"'):
        return None
    try:
        name, end = json.JSONDecoder().raw_decode(line)
    except ValueError:
        return None
    rest = line[end:]
    return (name, rest) if isinstance(name, str) and (not rest or _ENDS_WORDS.match(rest)) else None


def split_list(text: str) -> tuple[str, ...]:
    r"""'a, b' -> ('a', 'b'); empty parts are dropped, and blanks around one.

    A comma that belongs to a name, or a blank at its begin or end, is written behind a backslash: 'a\,b'. Backslashes
    are themselves elsewhere; right before a comma or a blank, two stand for one.
    """
    parts, part = [], ""
    keep = 0  # characters of `part` that stripping must not touch
    for backslashes, mark, other in re.findall(r"(\\*)([, ])|((?:[^\\, ]|\\+(?![\\, ]))+)", text):
        if other:
            part += other
            continue
        part += "\\" * (len(backslashes) // 2)
        if len(backslashes) % 2:
            part = (part if keep else part.lstrip(" ")) + mark
            keep = len(part)
        elif mark == " ":
            part += mark
        else:
            parts.append(_stripped(part, keep))
            part, keep = "", 0
    parts.append(_stripped(part, keep))
    return tuple(part for part in parts if part)


def list_text(names: Sequence[str]) -> str:
    """`names` as `split_list` reads them."""
    return ",".join(_item(name, is_last=i == len(names) - 1) for i, name in enumerate(names))


def _item(name: str, is_last: bool) -> str:
    before = r"\\+(?=[, ])" if is_last else r"\\+(?=[, ]|$)"
    text = re.sub(before, lambda found: found[0] * 2, name).replace(",", "\\,")
    if text.startswith(" "):
        text = "\\" + text
    return text[:-1] + "\\ " if name.endswith(" ") and len(name) > 1 else text


def _stripped(part: str, keep: int) -> str:
    return part[:keep] + part[keep:].rstrip(" \t") if keep else part.strip()
