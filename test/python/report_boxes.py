"""What lies in local memory, as a profile tells it: rows instead of columns, and which contradict each other."""

from __future__ import annotations

from typing import Any


def boxes(profile: dict[str, Any]) -> list[dict[str, Any]]:
    columns = profile["local_blocks"]
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    words = profile["words"]
    return [{**row, "content": words[row["content"]], "name": words[row["name"]]} for row in rows]


def overlapping(rows: list[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Boxes that share a byte at some moment, other than one that takes the place of what its own command read last."""
    found = []
    for i, a in enumerate(rows):
        for b in rows[i + 1 :]:
            apart = any(
                a[end] <= b[begin] or b[end] <= a[begin]
                for begin, end in (("begin", "end"), ("lane_begin", "lane_end"), ("from", "to"))
            )
            if not apart and a["last_user"] != b["writer"] and b["last_user"] != a["writer"]:
                found.append((a, b))
    return found
