"""model_report.py: a page about how a bmodel runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import run_main
from .arguments import ArgumentParser


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        "model_report.py",
        "Write an HTML page with the timeline, the use of local memory, groups, layers and roofline of a bmodel.",
    )
    parser.add_argument("model", type=Path, help="the .bmodel")
    parser.add_argument("-o", "--output", type=Path, help="the page to write; beside the bmodel without it")
    parser.add_argument("--groups", type=Path, help="what model_deploy.py --dump-groups wrote for this bmodel")
    return parser


@run_main
def main(argv: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
    from ..outputs import Output, check_outputs
    from ..report.page import write_report

    output = arguments.output or arguments.model.with_suffix(".html")
    check_outputs(
        [Output("the page", output, (".html",))], [("the model", arguments.model), ("--groups", arguments.groups)]
    )
    write_report(arguments.model, output, arguments.groups)
    print(f"report:     {output}")
    return 0
