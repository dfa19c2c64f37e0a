"""`tfsqueeze verify`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tfsqueeze.cli.console import output, print_json, step
from tfsqueeze.cli.options import Json, LabelColumn, Report, RunFolder, TextColumn
from tfsqueeze.quiet import load_tensorflow


def verify(
    run: RunFolder,
    model: Annotated[Path | None, typer.Option(
        help="The .tflite to check; without it the run is converted.")] = None,
    data: Annotated[str | None, typer.Option(
        help="The dataset to check on: a name, a folder, or one labelled file; that of training "
             "by default.")] = None,
    examples: Annotated[int | None, typer.Option(
        min=1, help="Check on this many randomly chosen texts; all by default.")] = None,
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    report: Report = None,
    json: Json = False,
) -> None:
    """Runs the same texts through Keras in float and QAT and through every installed runtime.

    It prints the accuracy of each, how many predictions agree, and the error of the logits in
    steps of the output's scale, with optimized kernels (and their delegate) and with the
    reference kernels.
    """
    load_tensorflow()
    from converters.model_file import read_model
    from converters.pipeline import QAT_FILE, convert_run, verify_run
    from converters.report import print_report, write_report
    from tfsqueeze.data.evaluation_set import load_evaluation_set
    from tfsqueeze.training.run import load_run

    content = None if model is None else read_model(model)
    step(f"loading {run}")
    trained = load_run(run)
    test = load_evaluation_set(data or trained.dataset_name, text_column, label_column)
    if examples:
        test = test.sample(examples, seed=0)
    if content is None:
        step("converting")
        content = convert_run(trained)
    step(f"checking on {len(test):,} texts")
    results = {"title": f"Verification of {trained.dataset_name}",
               **verify_run(trained, {QAT_FILE: content}, test)}
    if report:
        write_report(results, report)
    if json:
        print_json(results)
    else:
        print_report(results, output)
