"""`tfsqueeze compare`."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
from typing import Annotated

import typer

from converters.experiments.comparison_options import METHODS, ComparisonOptions
from tfsqueeze.cli.arguments import (
    Json,
    KeepNanLabels,
    LabelColumn,
    LabelSeparator,
    TextColumn,
    TextPairColumn,
    choices,
)
from tfsqueeze.cli.console import (
    counting_progress,
    output,
    print_json,
    print_step,
    training_progress,
)
from tfsqueeze.data.readers.label_checks import LABEL_SEPARATOR
from tfsqueeze.tasks import find_task
from tfsqueeze.tasks.task_names import TaskName
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.logging import load_tensorflow

_DEFAULTS = ComparisonOptions()
Method = choices("Method", METHODS)


def compare(
    data: Annotated[
        list[str],
        typer.Argument(help="Datasets: names (`tfsqueeze info` lists them), folders or files."),
    ],
    output_folder: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="Folder for the runs and the report. The same command continues a comparison that "
            "was interrupted.",
        ),
    ],
    task: Annotated[
        TaskName | None,
        typer.Option(
            metavar="TASK",
            help="The task of all datasets, such as token-classification.",
            show_default="from the data",
        ),
    ] = None,
    seeds: Annotated[
        int, typer.Option(help="Number of seeds. Each trains every method anew.")
    ] = _DEFAULTS.seeds,
    method: Annotated[
        list[Method] | None,
        typer.Option(
            metavar="METHOD",
            help=f"Method to compare: {', '.join(METHODS)}. Repeatable.",
            show_default="all",
        ),
    ] = None,
    backbone: Annotated[
        str, typer.Option(help="The pretrained SqueezeBERT: a name or a folder.")
    ] = _DEFAULTS.backbone,
    max_length: Annotated[
        int,
        typer.Option(
            help="Maximum number of tokens of a text. Less if 99 of 100 training texts are shorter."
        ),
    ] = _DEFAULTS.max_length,
    teacher_epochs: Annotated[
        int, typer.Option(help="Maximum number of epochs of the teacher.")
    ] = _DEFAULTS.teacher_epochs,
    scratch_epochs: Annotated[
        int, typer.Option(help="Maximum number of epochs of the models from scratch.")
    ] = _DEFAULTS.scratch_epochs,
    distilled_epochs: Annotated[
        int,
        typer.Option(help="Maximum number of epochs of distillation, which reads variants too."),
    ] = _DEFAULTS.distilled_epochs,
    qat_epochs: Annotated[
        int, typer.Option(help="Maximum number of epochs of the quantization-aware stage.")
    ] = _DEFAULTS.qat_epochs,
    distilled_tokens: Annotated[
        int,
        typer.Option(
            help="Number of tokens in an epoch of distillation. Variants of the texts fill it up."
        ),
    ] = _DEFAULTS.distilled_tokens,
    unlabelled: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DATASET=TEXTS",
            help="Texts without labels that the distillation for one dataset reads as well. "
            "DATASET is the name of the dataset or of its folder; TEXTS is a file of plain text, a "
            "folder of .txt files, or a dataset's name. Repeatable.",
        ),
    ] = None,
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    text_pair_column: TextPairColumn = None,
    label_separator: LabelSeparator = LABEL_SEPARATOR,
    keep_nan_labels: KeepNanLabels = False,
    json: Json = False,
) -> None:
    """Compare a classical method, a fine-tuned BERT and SqueezeBERT on labelled data.

    The data are texts or pairs with labels or numbers, tagged words, commands, or questions. The
    report has scores with their spread, file sizes, multiply-accumulates and latencies, as tables,
    JSON and a plot.

    Examples:
      tfsqueeze compare reuters-r8 --output runs/compare

      tfsqueeze compare my_data/ -o runs/mine --method classical --method teacher --seeds 1

      tfsqueeze compare conll_folder/ -o runs/entities
    """
    from tfsqueeze.data.readers.pair_columns import find_text_pair_column
    from tfsqueeze.recipes.task_of_data import TextColumns, find_task_of_data

    texts = _by_dataset(unlabelled or [], [Path(name).name for name in data])
    print_step("loading")
    loads, tasks = {}, {}
    # All of them now, so that a missing one is reported at once and not hours later.
    for name in data:
        pair_column = text_pair_column or find_text_pair_column(name, text_column)
        columns = TextColumns(text_column, label_column, pair_column)
        found = task or find_task_of_data(name, columns, label_separator).name
        of_data = find_task(found.value)
        loads[name] = functools.partial(
            of_data.data.load_splits,
            name,
            **columns._asdict(),
            label_separator=label_separator,
            keep_nan_labels=keep_nan_labels,
        )
        tasks[name] = of_data.training.task_for(loads[name](seed=0))
    load_tensorflow()
    from converters.experiments.comparison import compare as run_comparison
    from converters.reports.comparison_report import print_comparison, write_comparison

    options = ComparisonOptions(
        seeds=seeds,
        methods=tuple(name.value for name in method) if method else _DEFAULTS.methods,
        backbone=backbone,
        max_length=max_length,
        teacher_epochs=teacher_epochs,
        scratch_epochs=scratch_epochs,
        distilled_epochs=distilled_epochs,
        qat_epochs=qat_epochs,
        distilled_tokens=distilled_tokens,
    )
    results = []
    with counting_progress() as progress:
        for name in data:
            results.append(
                run_comparison(
                    output_folder / Path(name).name,
                    name,
                    tasks[name],
                    lambda seed, load=loads[name]: load(seed=seed),
                    dataclasses.replace(options, unlabelled=tuple(texts[Path(name).name])),
                    training_progress(tasks[name]),
                    progress,
                    print_step,
                )
            )
            paths = write_comparison(results, output_folder)
    if json:
        print_json(results)
        return
    print_comparison(results, output)
    output.print(f"report: {paths['markdown']}", soft_wrap=True)


def _by_dataset(unlabelled: list[str], names: list[str]) -> dict[str, list[str]]:
    texts = {name: [] for name in names}
    for value in unlabelled:
        name, _, source = value.partition("=")
        if name not in texts or not source:
            raise UserError(
                f"--unlabelled {value!r}: give DATASET=TEXTS, with a dataset among "
                f"{', '.join(names)}"
            )
        texts[name].append(source)
    return texts
