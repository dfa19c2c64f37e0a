"""`tfsqueeze evaluate`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from tfsqueeze.cli.console import messages, output, print_json, step
from tfsqueeze.cli.options import Json, LabelColumn, ModelFile, Runtime, TextColumn, Threads


def evaluate(
    model: ModelFile,
    data: Annotated[str, typer.Argument(
        help="A labelled .tsv, .csv or .jsonl file, a folder, or a dataset's name.")],
    runtime: Runtime = None,
    threads: Threads = 1,
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    json: Json = False,
) -> None:
    """Measures a .tflite file's accuracy, macro F1 and per-label scores on labelled texts."""
    from rich.progress import track

    from converters.predictor import TextClassifier
    from tfsqueeze.data.evaluation_set import load_evaluation_set
    from tfsqueeze.evaluation.metrics import classification_metrics

    classifier = TextClassifier.from_file(model, runtime, threads)
    labels = classifier.metadata.labels
    step(f"loading {data}")
    test = load_evaluation_set(data, text_column, label_column)
    label_ids = test.label_ids(labels)
    predictions = []
    for start in track(range(0, len(test), 64), "predicting", console=messages):
        predictions += [labels.index(prediction.label)
                        for prediction in classifier.predict(test.texts[start:start + 64])]
    metrics = classification_metrics(label_ids, predictions, labels)
    if json:
        print_json(metrics)
        return
    table = Table("label", "precision", "recall", "F1", "texts",
                  title=f"accuracy {100 * metrics['accuracy']:.2f} %, "
                        f"macro F1 {100 * metrics['macro_f1']:.2f} %")
    for row in metrics["per_class"]:
        table.add_row(row["label"], *(f"{100 * row[name]:.2f}" for name in (
            "precision", "recall", "f1")), str(row["support"]))
    output.print(table)
