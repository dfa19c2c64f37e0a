"""`tfsqueeze diff`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tfsqueeze.cli.arguments import Json
from tfsqueeze.cli.console import output, print_json


def diff(
    first: Annotated[
        Path, typer.Argument(help="A report: a folder that --report wrote, or its report.json.")
    ],
    second: Annotated[Path, typer.Argument(help="The report to compare with it.")],
    output_folder: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Folder for difference.html, difference.md and difference.json.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Compare two reports: scores, single predictions, labels, sizes and times.

    If both cover the same texts, McNemar's test says how likely such a difference
    is by chance, and the report lists the texts that only one of the models gets right.

    Example:
      tfsqueeze diff report-before report-after --output difference
    """
    from converters.reports.difference_report import (
        compare_reports,
        print_difference,
        read_report,
        write_difference,
    )

    compared = compare_reports(read_report(first), read_report(second))
    if output_folder is not None:
        write_difference(compared, output_folder)
    if json:
        print_json(compared)
    else:
        print_difference(compared, output)
