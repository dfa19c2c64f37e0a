"""`tfsqueeze verify`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from tfsqueeze.cli.arguments import Json, LabelColumn, Report, RunFolder, TextColumn, TextPairColumn
from tfsqueeze.cli.console import output, print_json, step
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.logging import load_tensorflow


def verify(
    run: RunFolder,
    model: Annotated[
        Path | None, typer.Option(help="The .tflite to check; without it the run is converted.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            help="The dataset to check on: a name, a folder, or one labelled file; that of training "
            "by default."
        ),
    ] = None,
    examples: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Check on this many randomly chosen texts; all by default, of a masked-lm 50.",
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            help="Check in the interpreter of a target instead: `micro`, TensorFlow Lite Micro, whose "
            "outputs must be those of the reference kernels bit by bit."
        ),
    ] = None,
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    text_pair_column: TextPairColumn = None,
    report: Report = None,
    json: Json = False,
) -> None:
    """Runs the same texts through Keras in float and QAT and through every installed runtime.

    It prints the scores of each, as `evaluate` measures them, how many predictions agree, and the
    error of the logits in steps of the output's scale, with optimized kernels (and their delegate)
    and with the reference kernels.
    """
    load_tensorflow()
    if target:
        _verify_target(run, target, data, text_column, label_column, json)
        return
    from converters.conversion.runs import QAT_FILE, convert_run
    from converters.experiments.run_verification import verify_run
    from converters.reports.verification_report import print_report, write_report
    from converters.tflite.tflite_file import TFLiteFile
    from tfsqueeze.training.trained_run import load_run

    content = None if model is None else TFLiteFile.open(model).content
    step(f"loading {run}")
    trained = load_run(run)
    task_data = trained.task.data
    load = task_data.load_held_out if data is None else task_data.load_evaluation_set
    test = load(
        data or trained.dataset_name,
        text_column=text_column,
        label_column=label_column,
        text_pair_column=text_pair_column,
        seed=trained.options.seed,
    )
    examples = examples or trained.task.verified_examples
    if examples:
        test = test.sample(examples, seed=0)
    if content is None:
        step("converting")
        content = convert_run(trained)
    step(f"checking on {len(test):,} texts")
    results = {
        "title": f"Verification of {trained.dataset_name}",
        **verify_run(trained, {QAT_FILE: content}, test),
    }
    if report:
        write_report(results, report)
    if json:
        print_json(results)
    else:
        print_report(results, output)


def _verify_target(run, target, data, text_column, label_column, json):
    from converters.targets.registry import load_target, require_single_texts
    from tfsqueeze.data.sources.evaluation_set import load_evaluation_set
    from tfsqueeze.training.trained_run import load_run

    module = load_target(target)
    if not hasattr(module, "verify"):
        raise UserError(
            f"there is no interpreter to verify the target {target!r} in; `micro` has one"
        )
    step(f"loading {run}")
    trained = load_run(run)
    require_single_texts(trained, target)
    parts = (
        _parts(trained)
        if data is None
        else {data: load_evaluation_set(data, text_column, label_column)}
    )
    step(f"checking on {sum(map(len, parts.values())):,} texts")
    facts = module.verify(trained, parts)
    if json:
        print_json(facts)
    else:
        table = Table(
            "part",
            "texts",
            "accuracy",
            *(
                f"texts unlike {runtime}'s reference kernels"
                for runtime in next(iter(facts["parts"].values()))["mismatches"]
            ),
            title=f"{target}: model {facts['model_bytes']:,} bytes, "
            f"arena {facts['arena_bytes']:,} bytes",
        )
        for name, row in facts["parts"].items():
            table.add_row(
                name,
                f"{row['examples']:,}",
                f"{100 * row['accuracy']:.2f} %",
                *map(str, row["mismatches"].values()),
            )
        output.print(table, markup=False)
    if any(any(row["mismatches"].values()) for row in facts["parts"].values()):
        raise typer.Exit(1)


def _parts(trained):
    """The parts of a run's dataset that it was not trained on."""
    from tfsqueeze.data.sources.named_datasets import load_dataset

    splits = load_dataset(trained.dataset_name, seed=trained.options.seed)
    parts = {"validation": splits.validation, "test": splits.test}
    return {name: part for name, part in parts.items() if part is not None}
