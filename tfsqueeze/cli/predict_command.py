"""`tfsqueeze predict`."""

from __future__ import annotations

import json as json_lines
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from tfsqueeze.cli.arguments import Json, ModelFile, Runtime, Threads
from tfsqueeze.cli.console import input_lines, output, print_json
from tfsqueeze.utils.errors import UserError


def predict(
    model: ModelFile,
    texts: Annotated[
        list[str] | None,
        typer.Argument(
            help="The texts, or the questions; without any, each line of standard input is one, of "
            "pairs, and of a question and its context, with a tab between the two; a line may "
            "also be a JSON object with `question` and `context`."
        ),
    ] = None,
    text_pair: Annotated[
        list[str] | None,
        typer.Option(help="The second text of a pair, one for each text, of a model for pairs."),
    ] = None,
    context: Annotated[
        list[str] | None,
        typer.Option(help="The text that answers questions: one for all of them, or one for each."),
    ] = None,
    context_file: Annotated[
        Path | None,
        typer.Option(
            help="A file with the text that answers all questions, in place of --context."
        ),
    ] = None,
    top_k: Annotated[
        int, typer.Option(min=1, help="How many candidates are shown for an answer or a [[MASK]].")
    ] = 5,
    max_answer_tokens: Annotated[
        int, typer.Option(min=1, help="Tokens that an answer has at most.")
    ] = 30,
    doc_stride: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="How many tokens after the one before each window of a long context begins; "
            "half a window by default.",
        ),
    ] = None,
    no_answer_threshold: Annotated[
        float | None,
        typer.Option(
            help="Give no answer where its logits are above the best answer's by more than this; 0 by "
            "default where there were questions without answers in training."
        ),
    ] = None,
    runtime: Runtime = None,
    threads: Threads = 1,
    json: Json = False,
) -> None:
    """Predicts with a .tflite file alone: the labels of texts, their entities, their intents and
    slots, the answers to questions, their sentence vectors, or words for their [[MASK]]s,
    whichever the file was trained for.

    Examples:

      tfsqueeze predict model.tflite "shares rose after the merger"

      tfsqueeze predict entailment.tflite "It rains." --text-pair "It is wet."

      tfsqueeze predict model.tflite --json < texts.txt

      tfsqueeze predict answers.tflite "Who wrote it?" --context-file article.txt
    """
    from dataclasses import asdict, replace

    from converters.inference.open_predictor import open_predictor
    from converters.inference.text_classification_predictor import TextClassificationPredictor
    from tfsqueeze.data.readers.user_files import read_text
    from tfsqueeze.tasks import MASKED_LM, QUESTION_ANSWERING

    predictor = open_predictor(model, runtime, threads)
    answers_questions = predictor.task is QUESTION_ANSWERING
    seconds = text_pair or None
    if answers_questions:
        if seconds is not None:
            raise UserError("the model answers questions; give the text as --context")
        seconds = context or (None if context_file is None else [read_text(context_file)])
    elif context or context_file:
        raise UserError("the model answers no questions; give no --context")
    if not texts:
        texts, seconds = _standard_input(predictor.metadata.pairs and seconds is None, seconds)
    if answers_questions:
        if seconds is None:
            raise UserError(
                "a question needs a text to look in; give one as --context or --context-file"
            )
        # Of more candidates than are shown, since probabilities are shares among them.
        predictions = [
            replace(found, candidates=found.candidates[:top_k])
            for found in predictor.predict(
                texts,
                seconds,
                n_best=max(20, top_k),
                max_answer_tokens=max_answer_tokens,
                doc_stride=doc_stride,
                no_answer_threshold=no_answer_threshold,
            )
        ]
    elif isinstance(predictor, TextClassificationPredictor):
        if seconds is not None and len(seconds) != len(texts):
            raise UserError(
                f"there are {len(texts)} texts but {len(seconds)} second ones; give "
                "--text-pair once for each text"
            )
        predictions = predictor.predict(texts, seconds)
    elif seconds is not None:
        raise UserError("the model is for single texts; give no --text-pair")
    elif predictor.task is MASKED_LM:
        predictions = predictor.predict(texts, top_k)
    else:
        predictions = predictor.predict(texts)
    if json:
        print_json([asdict(prediction) for prediction in predictions])
        return
    rows = [_row(prediction) for prediction in predictions]
    if not answers_questions:
        for row, second in zip(rows, seconds or (), strict=False):
            row["second text"] = _shortened(second)
    table = Table(*(rows[0] if rows else ("text",)))
    for row in rows:
        table.add_row(*map(_printable, row.values()))
    output.print(table, markup=False)


def _standard_input(with_seconds, seconds):
    """The lines of standard input; of pairs the first and second texts."""
    lines = input_lines()
    if not with_seconds:
        return lines, seconds
    pairs = [_pair(number, line) for number, line in enumerate(lines, 1)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _pair(number, line):
    """The two texts of a line: parted by a tab, or a JSON object's question and context."""
    if line.startswith("{"):
        try:
            fields = json_lines.loads(line)
            return fields["question"], fields["context"]
        except (ValueError, KeyError):
            if "\t" not in line:
                raise UserError(
                    f"standard input:{number}: not a JSON object with `question` and `context`"
                ) from None
    first, _, second = line.partition("\t")
    return first, second


def _row(prediction):
    """The columns of a prediction of any task, by their titles."""
    if hasattr(prediction, "candidates"):
        place = "" if prediction.start is None else f"{prediction.start}-{prediction.end}"
        others = "; ".join(
            f"{candidate.text} ({candidate.probability:.2f})"
            for candidate in prediction.candidates[1:]
        )
        return {
            "question": _shortened(prediction.question),
            "answer": prediction.answer or "(no answer)",
            "probability": f"{prediction.probability:.4f}",
            "characters": place,
            "other candidates": others,
        }
    row = {}
    if hasattr(prediction, "masks"):
        row["tokens"] = "; ".join(
            ", ".join(f"{candidate.token} ({candidate.probability:.2f})" for candidate in mask)
            for mask in prediction.masks
        )
    if hasattr(prediction, "embedding"):
        numbers = ", ".join(f"{number:.3f}" for number in prediction.embedding[:4])
        row["embedding"] = f"{len(prediction.embedding)} numbers: {numbers}, ..."
    for kind in ("label", "intent"):
        if hasattr(prediction, kind):
            row[kind] = getattr(prediction, kind)
            row["probability"] = f"{prediction.probability:.4f}"
    for kind in ("entities", "slots"):
        if hasattr(prediction, kind):
            row[kind] = "; ".join(
                f"{entity.text} ({entity.type}, {entity.score:.2f})"
                for entity in getattr(prediction, kind)
            )
    return {**row, "text": _shortened(prediction.text)}


def _shortened(text):
    return text if len(text) <= 60 else text[:59] + "…"


def _printable(text):
    return "".join(c if c.isprintable() else "�" for c in text)
