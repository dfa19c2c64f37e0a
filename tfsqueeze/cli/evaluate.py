"""`tfsqueeze evaluate`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from tfsqueeze.cli.console import counting_progress, output, print_json, step
from tfsqueeze.cli.options import (
    Json,
    LabelColumn,
    ModelFile,
    Runtime,
    TextColumn,
    TextPairColumn,
    Threads,
)


def evaluate(
    model: ModelFile,
    data: Annotated[str, typer.Argument(
        help="A labelled file of the kind that the model was trained on, a folder, or a "
             "dataset's name.")],
    runtime: Runtime = None,
    threads: Threads = 1,
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    text_pair_column: TextPairColumn = None,
    json: Json = False,
) -> None:
    """Measures how good a .tflite file's predictions are on labelled data.

    Of texts: accuracy, macro F1 and scores per label. Of tagged words: precision, recall and F1
    of whole spans. Of intents with slots: both, and how many commands are right as a whole. Of
    answers: exact match and F1 of words, as SQuAD's script has them.

    Of the data that the file was trained on, it is the part that was held out.
    """
    from converters.predictor import open_predictor

    predictor = open_predictor(model, runtime, threads)
    step(f"loading {data}")
    trained_on = predictor.metadata.extra.get("dataset")
    load = (predictor.task.load_held_out if data == trained_on
            else predictor.task.load_evaluation_set)
    test = load(
        data, text_column=text_column, label_column=label_column,
        text_pair_column=text_pair_column,
        # That of training: its validation part is then not among what was trained on.
        seed=predictor.metadata.extra.get("options", {}).get("seed", 0))
    with counting_progress() as progress:
        metrics = predictor.evaluate(test, lambda *counts: progress("predicting", *counts))
    if json:
        print_json(metrics)
        return
    title = ", ".join(f"{name.replace('_', ' ').replace('f1', 'F1')} {100 * metrics[name]:.2f} %"
                      for name in predictor.task.scores)
    output.print(title)
    tables = [("label", metrics.get("intents", metrics).get("per_class"), "texts"),
              ("type", metrics.get("slots", metrics).get("per_type"), "spans")]
    for kind, rows, counted in tables:
        if rows is None:
            continue
        table = Table(kind, "precision", "recall", "F1", counted)
        for row in rows:
            table.add_row(row[kind], *(f"{100 * row[name]:.2f}" for name in (
                "precision", "recall", "f1")), str(row["support"]))
        output.print(table)
