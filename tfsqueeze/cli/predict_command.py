"""`tfsqueeze predict`."""

from __future__ import annotations

import json as json_lines
from pathlib import Path
from typing import Annotated

import typer

from tfsqueeze.cli.arguments import Json, ModelFile, Runtime, Threads
from tfsqueeze.cli.console import Table, output, print_json, read_input_lines
from tfsqueeze.utils.errors import UserError


def predict(
    model: ModelFile,
    texts: Annotated[
        list[str] | None,
        typer.Argument(
            help="The texts or questions. Without any, each line of standard input is one. In a "
            "line, a tab separates the texts of a pair, or a question and its context. A line may "
            "also be a JSON object with `question` and `context`."
        ),
    ] = None,
    text_pair: Annotated[
        list[str] | None,
        typer.Option(help="Second text of a pair. Repeat it for each text."),
    ] = None,
    context: Annotated[
        list[str] | None,
        typer.Option(
            help="Text to find the answers in. Give one for all questions, or repeat it for each."
        ),
    ] = None,
    context_file: Annotated[
        Path | None,
        typer.Option(help="File with the text to find all answers in, instead of --context."),
    ] = None,
    top_k: Annotated[
        int, typer.Option(min=1, help="Number of candidates to show for an answer or a [MASK].")
    ] = 5,
    max_answer_tokens: Annotated[
        int, typer.Option(min=1, help="Maximum number of tokens of an answer.")
    ] = 30,
    doc_stride: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Number of tokens between the starts of the windows that a long context is read "
            "in. By default half a window.",
        ),
    ] = None,
    no_answer_threshold: Annotated[
        float | None,
        typer.Option(
            help="Give no answer if the logits of no answer exceed those of the best answer by "
            "more than this. By default 0 if the model was trained on questions without answers "
            "too."
        ),
    ] = None,
    runtime: Runtime = "litert",
    threads: Threads = 1,
    json: Json = False,
) -> None:
    """Predict with a .tflite file, which needs no other file.

    Depending on what the file was trained for, it predicts labels of texts,
    entities, intents and slots, answers to questions, sentence vectors, or
    words for each [MASK].

    Examples:
      tfsqueeze predict model.tflite "shares rose after the merger"

      tfsqueeze predict entailment.tflite "It rains." --text-pair "It is wet."

      tfsqueeze predict model.tflite --json < texts.txt

      tfsqueeze predict answers.tflite "Who wrote it?" --context-file article.txt
    """
    from dataclasses import asdict, replace

    from converters.inference.predictor import Predictor
    from converters.inference.text_classification_predictor import TextClassificationPredictor
    from tfsqueeze.data.readers.user_files import read_text
    from tfsqueeze.tasks import MASKED_LM, QUESTION_ANSWERING

    predictor = Predictor.open(model, runtime, threads)
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
        table.add_row(*row.values())
    output.print(table)


def _standard_input(with_seconds, seconds):
    """Returns the lines of standard input, or the first and second texts of their pairs."""
    lines = read_input_lines()
    if not with_seconds:
        return lines, seconds
    pairs = [_pair(number, line) for number, line in enumerate(lines, 1)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _pair(number, line):
    """Returns the two texts of a line with a tab, or a JSON object's question and context."""
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
    """Returns the columns of a prediction of any task, by their titles."""
    if hasattr(prediction, "candidates"):
        span = "" if prediction.start is None else f"{prediction.start}-{prediction.end}"
        others = "; ".join(
            f"{candidate.text} ({candidate.probability:.2f})"
            for candidate in prediction.candidates[1:]
        )
        return {
            "question": _shortened(prediction.question),
            "answer": prediction.answer or "(no answer)",
            "probability": f"{prediction.probability:.4f}",
            "characters": span,
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
