"""Precision, recall and F1 of tagged spans, such as named entities and slots."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from tfsqueeze.decoding.bio import bio_spans, repair_bio
from tfsqueeze.utils.errors import UserError


def entity_metrics(
    tags: Sequence[Sequence[str]], predictions: Sequence[Sequence[str]], *, strict: bool = False
) -> dict[str, Any]:
    """Returns the metrics of spans (named entities, slots), by seqeval.

    A predicted span is correct if both of its ends and its type are correct (Tjong Kim Sang and De
    Meulder, CoNLL-2003 shared task, section 2.3). An I- tag that continues no span begins one, as
    in the script of that task, conlleval.

    Args:
        tags: the true tags of each sentence: O, or B- or I- with a type.
        predictions: the predicted tags of each sentence.
        strict: whether an I- tag without its B- belongs to no span (strict IOB2).

    Returns:
        A JSON-able dictionary: `sentences`, `words` and `entities` (true spans), their numbers;
        `precision`, `recall` and `f1` over all spans (micro averages), in 0..1; `macro_f1`, the
        mean of the types' F1; `word_accuracy`, the share of words with the right tag; and
        `per_type`, a list of `type`, `precision`, `recall`, `f1` and `support`, sorted by type. A
        ratio with a denominator of 0 is 0.

    Raises:
        UserError: there are no words, the lengths differ, or a tag has another form.

    Example:
        >>> metrics = entity_metrics([["B-city", "I-city", "O"]], [["B-city", "O", "O"]])
        >>> metrics["f1"], round(metrics["word_accuracy"], 3)
        (0.0, 0.667)
    """
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    tags, predictions = [list(row) for row in tags], [list(row) for row in predictions]
    _check(tags, predictions)
    options: dict[str, Any] = {"output_dict": True, "zero_division": 0}
    if strict:
        options |= {"mode": "strict", "scheme": IOB2}
    with warnings.catch_warnings():
        # seqeval takes the mean over types even if there are none.
        warnings.simplefilter("ignore", RuntimeWarning)
        report: Any = classification_report(tags, predictions, **options)
    overall = report.pop("micro avg")
    del report["macro avg"], report["weighted avg"]
    per_type = [
        {
            "type": name,
            "precision": float(row["precision"]),
            "recall": float(row["recall"]),
            "f1": float(row["f1-score"]),
            "support": int(row["support"]),
        }
        for name, row in report.items()
    ]
    pairs = [
        pair for rows in zip(tags, predictions, strict=True) for pair in zip(*rows, strict=True)
    ]
    return {
        "sentences": len(tags),
        "words": len(pairs),
        "entities": int(overall["support"]),
        "precision": float(overall["precision"]),
        "recall": float(overall["recall"]),
        "f1": float(overall["f1-score"]),
        "macro_f1": sum(row["f1"] for row in per_type) / max(len(per_type), 1),
        "word_accuracy": sum(true == predicted for true, predicted in pairs) / len(pairs),
        "per_type": per_type,
    }


def frame_accuracy(
    labels: Sequence[Any],
    predictions: Sequence[Any],
    tags: Sequence[Sequence[str]],
    tag_predictions: Sequence[Sequence[str]],
) -> float:
    """Returns the share of sentences whose intent and slots are all correct.

    It is the sentence-level semantic frame accuracy (Goo et al., "Slot-Gated Modeling for Joint
    Slot Filling and Intent Prediction", NAACL 2018, section 4.2). Slots are spans, as in
    `entity_metrics`.

    Args:
        labels: the true intent of each sentence, by name or id.
        predictions: the predicted intent of each sentence.
        tags: the true tags of each sentence.
        tag_predictions: the predicted tags of each sentence.

    Returns:
        A number in 0..1.

    Raises:
        UserError: there are no words, the lengths differ, or a tag has another form.

    Example:
        >>> frame_accuracy(["play", "play"], ["play", "stop"], [["O"], ["O"]], [["O"], ["O"]])
        0.5
    """
    _check(tags, tag_predictions)
    if not len(labels) == len(predictions) == len(tags):
        raise UserError(
            f"there are {len(labels):,} intents, {len(predictions):,} predicted intents and "
            f"{len(tags):,} sentences; give one of each a sentence"
        )
    right = [
        label == prediction and bio_spans(row) == bio_spans(predicted)
        for label, prediction, row, predicted in zip(
            labels, predictions, tags, tag_predictions, strict=True
        )
    ]
    return sum(right) / len(right)


def _check(tags: Sequence[Sequence[str]], predictions: Sequence[Sequence[str]]) -> None:
    """Raises a UserError unless both are B-, I- and O tags of the same words."""
    if len(tags) != len(predictions) or not any(tags):
        raise UserError(
            f"there are tags of {len(tags):,} sentences and predictions of {len(predictions):,}; "
            "give as many, with one word at least"
        )
    for number, (row, predicted) in enumerate(zip(tags, predictions, strict=True), start=1):
        if len(row) != len(predicted):
            raise UserError(
                f"sentence {number:,} has {len(row)} tags but {len(predicted)} predicted ones"
            )
        for kind, values in (("tags", row), ("predicted tags", predicted)):
            try:
                repair_bio(values)
            except UserError as error:
                raise UserError(f"{kind} of sentence {number:,}: {error}") from error
