"""What commands write: a progress bar, and the report at the end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from tfsqueeze.cli.console import messages, output, print_json


@contextlib.contextmanager
def progress_bar() -> Iterator[Callable[[int, int, str], None]]:
    """Shows a progress bar on standard error, and removes it at the end.

    Yields:
        A function of the number of steps done, the number of all steps, and the text beside the
        bar.
    """
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=messages,
        transient=True,
    ) as bar:
        task = bar.add_task("starting")
        yield lambda done, total, text: bar.update(
            task, completed=done, total=total, description=text
        )


def finish(kind: str, runs: list[dict[str, Any]], folder: Path, json: bool) -> None:
    """Writes the report of a command's runs, and prints it.

    Args:
        kind: the name of the command, and of the report's files.
        runs: what the command measured.
        folder: where JSON, Markdown and plots go.
        json: whether to print JSON rather than tables.
    """
    from benchmarks.report import machine, print_report, write_report

    results = {"machine": machine(), "runs": runs}
    write_report(kind, results, folder)
    if json:
        print_json(results)
    else:
        print_report(kind, results, output)
        messages.print(f"written to {folder / kind}.json, .md and .png")
