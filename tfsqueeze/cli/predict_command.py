"""`tfsqueeze predict`."""

from __future__ import annotations

import itertools
import json as json_lines
from pathlib import Path
from typing import Annotated

import typer
from rich.cells import cell_len

from tfsqueeze.cli.arguments import Json, ModelFile, Runtime, Threads
from tfsqueeze.cli.input_lines import input_lines
from tfsqueeze.cli.result_stream import streamed_json, streamed_table
from tfsqueeze.utils.errors import UserError

_TEXTS_PER_BATCH = 16


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
            "more than this. By default what training chose on validation if there were questions "
            "without answers."
        ),
    ] = None,
    runtime: Runtime = "litert",
    threads: Threads = 1,
    json: Json = False,
) -> None:
    """Predict with a .tflite file, which needs no other file.

    Depending on what the file was trained for, it predicts the label, the
    labels or the number of texts, entities, intents and slots, answers to
    questions, sentence vectors, or words for each [MASK].

    Examples:
      tfsqueeze predict model.tflite "shares rose after the merger"

      tfsqueeze predict entailment.tflite "It rains." --text-pair "It is wet."

      tfsqueeze predict model.tflite --json < texts.txt

      tfsqueeze predict answers.tflite "Who wrote it?" --context-file article.txt
    """
    from dataclasses import asdict, replace

    from converters.inference.predictor import Predictor
    from tfsqueeze.tasks import MASKED_LM, QUESTION_ANSWERING

    predictor = Predictor.open(model, runtime, threads)
    answers_questions = predictor.task.name == QUESTION_ANSWERING.name
    options = {}
    if predictor.task.name == MASKED_LM.name:
        options = {"top_k": top_k}
    elif answers_questions:
        options = {
            # Of more candidates than are shown, since probabilities are shares among them.
            "n_best": max(20, top_k),
            "max_answer_tokens": max_answer_tokens,
            "doc_stride": doc_stride,
            "no_answer_threshold": no_answer_threshold,
        }
    # A text that takes long, or that may be refused, keeps no other one waiting.
    most = 1 if options else _TEXTS_PER_BATCH
    if answers_questions:
        batches = _questions(texts, text_pair, context, context_file, most)
    else:
        batches = _texts(predictor, texts, text_pair, context or context_file, most)
    with streamed_json() if json else streamed_table(_widths(predictor.classes)) as write:
        for inputs in batches:
            predictions = predictor.predict(*inputs, **options)
            if answers_questions:
                predictions = [
                    replace(found, candidates=found.candidates[:top_k]) for found in predictions
                ]
            if json:
                write([asdict(prediction) for prediction in predictions])
                continue
            rows = [_row(prediction) for prediction in predictions]
            if len(inputs) > 1 and not answers_questions:
                for row, second in zip(rows, inputs[1], strict=True):
                    row["second text"] = _shortened(second)
            write(rows)


def _questions(questions, text_pair, context, context_file, most):
    """Yields at most `most` questions at a time, with their contexts."""
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
            yield some, contexts
    else:
        yield from _given_pairs(questions, contexts, "--context", most)


def _texts(predictor, texts, text_pair, context, most):
    """Yields at most `most` texts at a time, with their second texts if there are any."""
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
            yield (some,)


def _parts(texts, most):
    return (texts[start : start + most] for start in range(0, len(texts), most))


def _given_pairs(firsts, seconds, option, most):
    """Yields texts with the second texts that an option gave, one for each."""
    firsts = firsts or list(itertools.chain.from_iterable(input_lines(most)))
    if len(firsts) != len(seconds):
        raise UserError(
            f"there are {len(firsts)} texts but {len(seconds)} second ones; give {option} once for "
            "each text"
        )
    yield from zip(_parts(firsts, most), _parts(seconds, most), strict=True)


def _pairs_of_lines(most):
    """Yields the first and the second texts of lines of standard input as they come."""
    done = 0
    for lines in input_lines(most):
        pairs = list(itertools.takewhile(bool, map(_pair, lines)))
        if pairs:
            yield tuple(map(list, zip(*pairs, strict=True)))
        if len(pairs) < len(lines):
            raise UserError(
                f"standard input:{done + len(pairs) + 1}: not a JSON object with `question` and "
                "`context`"
            )
        done += len(lines)


def _pair(line):
    """Returns the two texts of a line with a tab, or a JSON object's question and context.

    None stands for an object without them.
    """
    if line.startswith("{"):
        try:
            fields = json_lines.loads(line)
            pair = fields["question"], fields["context"]
            return pair if all(isinstance(text, str) for text in pair) else None
        except (ValueError, KeyError):
            if "\t" not in line:
                return None
    first, _, second = line.partition("\t")
    return first, second


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
    return {**row, "text": _shortened(prediction.text)}


def _shortened(text):
    return text if len(text) <= 60 else text[:59] + "…"
