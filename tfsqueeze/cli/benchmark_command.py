"""`tfsqueeze benchmark`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from converters.runtime.interpreters import Runtime
from tfsqueeze.cli.arguments import Json, Report, Threads
from tfsqueeze.cli.console import output, print_json, print_step


def benchmark(
    models: Annotated[
        list[Path], typer.Argument(help=".tflite files. Ratios are relative to the first one.")
    ],
    runtime: Annotated[
        Runtime | None,
        typer.Option(help="The runtime that runs the files. By default every installed one."),
    ] = None,
    threads: Threads = 1,
    rounds: Annotated[int, typer.Option(min=1, help="Number of measured rounds.")] = 30,
    report: Report = None,
    json: Json = False,
) -> None:
    """Measure the latency of .tflite files side by side, in interleaved rounds.

    Absolute times are those of this machine. The ratios are closer to those of
    other machines.

    Example:
      tfsqueeze benchmark float.tflite mine.tflite --threads 2
    """
    from converters.reports.verification_report import print_report, write_report
    from converters.runtime.interpreters import available_runtimes
    from converters.runtime.workers import latency, run_in_workers
    from converters.tflite.tflite_file import TFLiteFile

    contents = {str(path): TFLiteFile.open(path).content for path in models}
    runtimes = [runtime] if runtime else available_runtimes()
    print_step(f"measuring {len(contents)} models on {', '.join(runtimes)}")
    results = {
        "title": "Latency",
        "files": [{"name": name, "bytes": len(content)} for name, content in contents.items()],
        "latency": run_in_workers(
            latency, [(contents, name, threads, rounds) for name in runtimes], workers=1
        ),
    }
    if report:
        write_report(results, report)
    if json:
        print_json(results)
    else:
        print_report(results, output)
