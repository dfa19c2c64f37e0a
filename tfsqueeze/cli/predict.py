"""`tfsqueeze predict`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.table import Table

from tfsqueeze.cli.console import output, print_json
from tfsqueeze.cli.options import Json, ModelFile, Runtime, Threads


def predict(
    model: ModelFile,
    texts: Annotated[list[str] | None, typer.Argument(
        help="The texts; without any, each line of standard input is one.")] = None,
    runtime: Runtime = None,
    threads: Threads = 1,
    json: Json = False,
) -> None:
    """Predicts the label of texts with a .tflite file alone.

    Examples:

      tfsqueeze predict model.tflite "shares rose after the merger"

      tfsqueeze predict model.tflite --json < texts.txt
    """
    from dataclasses import asdict

    from converters.predictor import TextClassifier

    classifier = TextClassifier.from_file(model, runtime, threads)
    if not texts:
        # Whatever the bytes are, a line is a text; undecodable ones become U+FFFD.
        texts = sys.stdin.buffer.read().decode("utf-8", "replace").splitlines()
    predictions = classifier.predict(texts)
    if json:
        print_json([asdict(prediction) for prediction in predictions])
        return
    table = Table("label", "probability", "text")
    for prediction in predictions:
        text = prediction.text if len(prediction.text) <= 60 else prediction.text[:59] + "…"
        table.add_row(prediction.label, f"{prediction.probability:.4f}",
                      "".join(c if c.isprintable() else "�" for c in text))
    output.print(table, markup=False)
