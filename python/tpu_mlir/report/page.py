"""Writes the page: the profile of a bmodel, and what draws it, in one file that needs nothing else."""

from __future__ import annotations

import html
import json
import os
import re
import time
from pathlib import Path
from typing import Any

from .. import __version__
from ..core import pymlir
from ..errors import require_file
from ..files import write_text
from .groups import groups_of, read_groups, require_own

PAGE = Path(__file__).parent / "page"
# In the order in which they use each other.
SCRIPTS = ("format", "model", "view", "timeline", "memory", "layers", "overview", "groups", "roofline", "main")


def write_report(model: Path, output: Path, groups: Path | None = None) -> None:
    """Writes the report of a bmodel to `output`; UserError where the file cannot be read or timed.

    `groups` is what model_deploy.py --dump-groups wrote for it; without it, the stream tells who shares local memory.
    """
    chosen = read_groups(groups) if groups is not None else None
    profile = json.loads(pymlir().profile_bmodel(str(require_file(model, "model"))))
    if groups is not None and chosen:
        require_own(profile, chosen, groups, model)
    profile["host"] = pymlir().host_ops(str(model))
    write_text(output, page_of(profile, chosen, _today()))


def _today() -> str:
    """As YYYY-MM-DD: SOURCE_DATE_EPOCH's day where that is set, so that a page can be made again byte for byte."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    seconds = int(epoch) if epoch.isdigit() else None
    return time.strftime("%Y-%m-%d", time.gmtime(seconds) if seconds is not None else time.localtime())


def page_of(profile: dict[str, Any], chosen: list[dict[str, Any]] | None = None, date: str = "") -> str:
    """The page of a profile (see docs/reference/profile.md); the same text for the same profile and date."""
    content = {"host": [], **profile, "groups": groups_of(profile, chosen), "groups_by_compiler": bool(chosen)}
    # A "<" could end the script element early.
    data = json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    parts = {
        "title": html.escape(f"{profile['net']} on {profile['chip']['name']}"),
        "style": (PAGE / "page.css").read_text(encoding="utf-8"),
        "script": "\n".join((PAGE / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS),
        "profile": data,
        "made": html.escape(f"made by tpu-mlir {__version__}" + (f" on {date}" if date else "")),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda at: parts[at[1]], (PAGE / "page.html").read_text(encoding="utf-8"))
