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
        help="The texts; without any, each line of standard input is one, of pairs with a tab "
             "between the two.")] = None,
    text_pair: Annotated[list[str] | None, typer.Option(
        help="The second text of a pair, one for each text, of a model for pairs.")] = None,
    runtime: Runtime = None,
    threads: Threads = 1,
    json: Json = False,
) -> None:
    """Predicts with a .tflite file alone: the labels of texts, their entities, or their intents
    and slots, whichever the file was trained for.

    Examples:

      tfsqueeze predict model.tflite "shares rose after the merger"

      tfsqueeze predict entailment.tflite "It rains." --text-pair "It is wet."

      tfsqueeze predict model.tflite --json < texts.txt
    """
    from dataclasses import asdict

    from converters.predictor import TextClassifier, open_predictor
    from tfsqueeze.errors import UserError

    predictor = open_predictor(model, runtime, threads)
    pairs = text_pair or None
    if not texts:
        # Whatever the bytes are, a line is a text; undecodable ones become U+FFFD.
        texts = sys.stdin.buffer.read().decode("utf-8", "replace").splitlines()
        if predictor.metadata.pairs and pairs is None:
            lines = [line.partition("\t") for line in texts]
            texts, pairs = [line[0] for line in lines], [line[2] for line in lines]
    if isinstance(predictor, TextClassifier):
        if pairs is not None and len(pairs) != len(texts):
            raise UserError(f"there are {len(texts)} texts but {len(pairs)} second ones; give "
                            "--text-pair once for each text")
        predictions = predictor.predict(texts, pairs)
    elif pairs is not None:
        raise UserError("the model is for single texts; give no --text-pair")
    else:
        predictions = predictor.predict(texts)
    if json:
        print_json([asdict(prediction) for prediction in predictions])
        return
    rows = [_row(prediction) for prediction in predictions]
    for row, second in zip(rows, pairs or (), strict=False):
        row["second text"] = _shortened(second)
    table = Table(*(rows[0] if rows else ("text",)))
    for row in rows:
        table.add_row(*map(_printable, row.values()))
    output.print(table, markup=False)


def _row(prediction):
    """The columns of a prediction of any task, by their titles."""
    row = {}
    for kind in ("label", "intent"):
        if hasattr(prediction, kind):
            row[kind] = getattr(prediction, kind)
            row["probability"] = f"{prediction.probability:.4f}"
    for kind in ("entities", "slots"):
        if hasattr(prediction, kind):
            row[kind] = "; ".join(f"{entity.text} ({entity.type}, {entity.score:.2f})"
                                  for entity in getattr(prediction, kind))
    return {**row, "text": _shortened(prediction.text)}


def _shortened(text):
    return text if len(text) <= 60 else text[:59] + "…"


def _printable(text):
    return "".join(c if c.isprintable() else "�" for c in text)
