"""`tfsqueeze compare`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from tfsqueeze.cli.arguments import Json, LabelColumn, TextColumn
from tfsqueeze.cli.console import counting_progress, output, print_json, step, training_progress
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.logging import load_tensorflow


def compare(
    data: Annotated[
        list[str], typer.Argument(help="Datasets: names (`tfsqueeze info` lists them) or folders.")
    ],
    output_folder: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="Where the runs and the report go. The same command continues a "
            "comparison that was interrupted.",
        ),
    ],
    seeds: Annotated[int, typer.Option(help="How often each method is trained.")] = 3,
    methods: Annotated[
        str,
        typer.Option(
            help="Which methods, by commas: majority, tfidf, teacher, distilbert, albert, scratch, "
            "distilled."
        ),
    ] = "majority,tfidf,teacher,distilbert,albert,scratch,distilled",
    backbone: Annotated[
        str, typer.Option(help="The pretrained SqueezeBERT: a name or a folder.")
    ] = "squeezebert-tiny",
    max_length: Annotated[
        int,
        typer.Option(
            help="Most tokens per text; fewer where 99 of 100 training texts need no more."
        ),
    ] = 128,
    teacher_epochs: Annotated[int, typer.Option(help="Most passes of the teacher.")] = 4,
    scratch_epochs: Annotated[int, typer.Option(help="Most passes from scratch.")] = 8,
    distilled_epochs: Annotated[
        int, typer.Option(help="Most passes of distillation, variants included.")
    ] = 3,
    qat_epochs: Annotated[int, typer.Option(help="Most passes quantization-aware.")] = 1,
    distilled_tokens: Annotated[
        int,
        typer.Option(
            help="Tokens in a pass of distillation: what variants of the texts make up for."
        ),
    ] = 700_000,
    unlabelled: Annotated[
        list[str] | None,
        typer.Option(
            help="Texts without labels that one dataset's distillation reads as well, as "
            "DATASET=TEXTS: its name or folder's name, and a file of plain text, a folder of .txt "
            "files, or a dataset's name; repeatable."
        ),
    ] = None,
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    json: Json = False,
) -> None:
    """Compares baselines, a fine-tuned BERT and SqueezeBERT on labelled data.

    Each method is trained for each seed. The report has accuracies with their spread, file sizes,
    multiply-accumulates and latencies: as tables, JSON and a plot.

    Examples:

      tfsqueeze compare reuters-r8 --output runs/compare

      tfsqueeze compare my_data/ -o runs/mine --methods tfidf,teacher,distilled --seeds 1
    """
    from tfsqueeze.data.sources.named_datasets import load_dataset

    texts = _by_dataset(unlabelled or [], [Path(name).name for name in data])
    step("loading")
    # All of them now, so that a missing one is not found out hours later.
    for name in data:
        load_dataset(name, text_column=text_column, label_column=label_column)
    load_tensorflow()
    from converters.experiments.comparison import ComparisonOptions
    from converters.experiments.comparison import compare as run_comparison
    from converters.reports.comparison_report import print_comparison, write_comparison

    options = ComparisonOptions(
        seeds=seeds,
        methods=tuple(name.strip() for name in methods.split(",")),
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
                    lambda seed, name=name: load_dataset(
                        name, text_column=text_column, label_column=label_column, seed=seed
                    ),
                    dataclasses.replace(options, unlabelled=tuple(texts[Path(name).name])),
                    training_progress,
                    progress,
                    step,
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
