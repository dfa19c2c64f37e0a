"""`tfsqueeze predict`."""

from __future__ import annotations

import contextlib
import functools
import itertools
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.cells import cell_len

from converters.inference.prediction_rows import prediction_fields
from tfsqueeze.cli.arguments import Json, ModelFile, Runtime, Threads
from tfsqueeze.cli.console import rate_progress
from tfsqueeze.cli.input_lines import input_lines
from tfsqueeze.cli.prediction_options import (
    DocStride,
    MaxAnswerTokens,
    NoAnswerThreshold,
    TopK,
    prediction_options,
)
from tfsqueeze.cli.result_stream import json_element, streamed_json, streamed_table
from tfsqueeze.utils.errors import UserError

_TEXTS_PER_BATCH = 16
# Processes take long enough for so many that few messages go to and fro.
_TEXTS_PER_BLOCK = 1024


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
    top_k: TopK = 5,
    max_answer_tokens: MaxAnswerTokens = 30,
    doc_stride: DocStride = None,
    no_answer_threshold: NoAnswerThreshold = None,
    runtime: Runtime = "litert",
    threads: Threads = 1,
    workers: Annotated[
        int,
        typer.Option(
            min=1,
            help="Number of processes, for many texts. The results stay in order, and come a "
            "little later.",
        ),
    ] = 1,
    json: Json = False,
) -> None:
    """Predict with a .tflite file, which needs no other file.

    Depending on its task, the file predicts one label, several labels or a
    number for each text; entities; intents and slots; answers to questions;
    sentence vectors; or words for each [MASK].

    Examples:
      tfsqueeze predict model.tflite "shares rose after the merger"

      tfsqueeze predict entailment.tflite "It rains." --text-pair "It is wet."

      tfsqueeze predict model.tflite --json < texts.txt

      tfsqueeze predict model.tflite --json --workers 8 < many_texts.txt > labels.json

      tfsqueeze predict answers.tflite "Who wrote it?" --context-file article.txt
    """
    from converters.inference.prediction_workers import predict_in_workers, predict_rows
    from converters.inference.predictor import Predictor
    from tfsqueeze.tasks import QUESTION_ANSWERING

    predictor = Predictor.open(model, runtime, threads)
    answers_questions = predictor.task.name == QUESTION_ANSWERING.name
    options = prediction_options(
        predictor.task, top_k, max_answer_tokens, doc_stride, no_answer_threshold
    )
    if workers > 1:
        most = _TEXTS_PER_BLOCK
    else:
        # A text that takes long, or that may be refused, keeps no other one waiting.
        most = 1 if options else _TEXTS_PER_BATCH
    if answers_questions:
        blocks = _questions(texts, text_pair, context, context_file, most)
    else:
        blocks = _texts(predictor, texts, text_pair, context or context_file, most)
    render = functools.partial(_json if json else _row, top_k)
    if workers > 1:
        results = predict_in_workers(
            model,
            blocks,
            render,
            workers=workers,
            runtime=runtime,
            num_threads=threads,
            options=options,
        )
    else:
        results = (predict_rows(predictor, rows, render, options) for rows in blocks)
    with (
        contextlib.closing(results),
        # Lines that someone types, and a table on the terminal, show by themselves how far it is.
        rate_progress("texts", not (sys.stdin.isatty() or sys.stdout.isatty())) as advance,
        streamed_json() if json else streamed_table(_widths(predictor.classes)) as write,
    ):
        for some in results:
            write(some)
            advance(len(some))


def _questions(questions, text_pair, context, context_file, most):
    """Yields rows of a question and its context, at most `most` at a time."""
    from tfsqueeze.utils.user_files import read_text

    if text_pair:
        raise UserError("the model answers questions; give the text as --context")
    contexts = context or (None if context_file is None else [read_text(context_file)])
    if contexts is None:
        if questions:
            raise UserError(
                "a question needs a text to look in; give one as --context or --context-file"
            )
        yield from _pairs_of_lines(most)
    elif len(contexts) == 1:
        for some in _parts(questions, most) if questions else input_lines(most):
            yield [(question, *contexts) for question in some]
    else:
        yield from _given_pairs(questions, contexts, "--context", most)


def _texts(predictor, texts, text_pair, context, most):
    """Yields rows of a text, or of a pair's two texts, at most `most` at a time."""
    from converters.inference.text_predictor import TextPredictor

    if context:
        raise UserError("the model answers no questions; give no --context")
    if text_pair:
        if not isinstance(predictor, TextPredictor):
            raise UserError("the model is for single texts; give no --text-pair")
        yield from _given_pairs(texts, text_pair, "--text-pair", most)
    elif predictor.metadata.pairs and not texts:
        yield from _pairs_of_lines(most)
    else:
        for some in _parts(texts, most) if texts else input_lines(most):
            yield [(text,) for text in some]


def _parts(texts, most):
    return (texts[start : start + most] for start in range(0, len(texts), most))


def _given_pairs(firsts, seconds, option, most):
    """Yields rows of a text and the second text that an option gave for it."""
    firsts = firsts or list(itertools.chain.from_iterable(input_lines(most)))
    if len(firsts) != len(seconds):
        raise UserError(
            f"there are {len(firsts)} texts but {len(seconds)} second ones; give {option} once for "
            "each text"
        )
    yield from _parts(list(zip(firsts, seconds, strict=True)), most)


def _pairs_of_lines(most):
    """Yields rows of the two texts of each line of standard input, as they come."""
    from converters.inference.prediction_rows import pair_of_line

    done = 0
    for lines in input_lines(most):
        pairs = list(itertools.takewhile(bool, map(pair_of_line, lines)))
        if pairs:
            yield pairs
        if len(pairs) < len(lines):
            raise UserError(
                f"standard input:{done + len(pairs) + 1}: not a JSON object with `question` and "
                "`context`"
            )
        done += len(lines)


def _widths(classes):
    """Returns the widths of the columns whose cells are short for any text."""
    names = [name for labels in classes.values() for name in labels]
    label = max(map(cell_len, names), default=0)
    return {
        "label": label,
        "intent": label,
        "probability": 6,
        "number": 10,
        "characters": 13,
        "embedding": 46,
    }


def _json(top_k, _, prediction):
    """Returns the JSON text of a prediction."""
    return json_element(prediction_fields(prediction, top_k))


def _row(top_k, inputs, prediction):
    """Returns the columns of a prediction of any task, by their titles."""
    if hasattr(prediction, "candidates"):
        return _row_of_answer(top_k, prediction)
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
    if hasattr(prediction, "labels"):
        labels = (f"{name} ({prediction.probabilities[name]:.2f})" for name in prediction.labels)
        row["labels"] = "; ".join(labels) or "(none)"
    if hasattr(prediction, "number"):
        row["number"] = f"{prediction.number:.6g}"
    for kind in ("entities", "slots"):
        if hasattr(prediction, kind):
            row[kind] = "; ".join(
                f"{entity.text} ({entity.type}, {entity.score:.2f})"
                for entity in getattr(prediction, kind)
            )
    row["text"] = _shortened(prediction.text)
    if len(inputs) > 1:
        row["second text"] = _shortened(inputs[1])
    return row


def _row_of_answer(top_k, prediction):
    span = "" if prediction.start is None else f"{prediction.start}-{prediction.end}"
    others = "; ".join(
        f"{candidate.text} ({candidate.probability:.2f})"
        for candidate in prediction.candidates[1:top_k]
    )
    return {
        "question": _shortened(prediction.question),
        "answer": prediction.answer or "(no answer)",
        "probability": f"{prediction.probability:.4f}",
        "characters": span,
        "other candidates": others,
    }


def _shortened(text):
    return text if len(text) <= 60 else text[:59] + "…"
