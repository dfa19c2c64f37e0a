"""How good the tags of words are: by whole spans, not by words."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from tfsqueeze.decoding.bio import bio_spans, repair_bio
from tfsqueeze.utils.errors import UserError


def entity_metrics(
    tags: Sequence[Sequence[str]], predictions: Sequence[Sequence[str]], *, strict: bool = False
) -> dict[str, Any]:
    """Precision, recall and F1 of spans (named entities, slots), by seqeval.

    A predicted span is right if both ends and the type are (Tjong Kim Sang and De Meulder,
    CoNLL-2003 shared task, section 2.3). An I- tag that continues no span begins one, as in
    that task's script conlleval; with `strict` it belongs to no span (IOB2 by the letter).

    Args:
        tags: true tags, B- and I- with a type or O, of each sentence.
        predictions: predicted tags, one for each of `tags`.
        strict: whether I- tags without their B- are left out.

    Returns:
        A JSON-able dictionary: `sentences`, `words`, `entities` (true spans); `precision`,
        `recall` and `f1` in 0..1 over all spans (micro); `macro_f1`, the mean of the types';
        `word_accuracy`, the share of equal tags; `per_type`, a list of `type`, `precision`,
        `recall`, `f1`, `support`, by name. A ratio over nothing counts as 0.

    Raises:
        UserError: there are no words, the lengths differ, or a tag has another form.
    """
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    tags, predictions = [list(row) for row in tags], [list(row) for row in predictions]
    _check(tags, predictions)
    scheme = {"mode": "strict", "scheme": IOB2} if strict else {}
    with warnings.catch_warnings():
        # seqeval takes the mean over types even where there are none.
        warnings.simplefilter("ignore", RuntimeWarning)
        report = classification_report(
            tags, predictions, output_dict=True, zero_division=0, **scheme
        )
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
    """The share, in 0..1, of sentences with the right intent and all slots right.

    Known as sentence-level semantic frame accuracy (Goo et al., "Slot-Gated Modeling for Joint
    Slot Filling and Intent Prediction", NAACL 2018, section 4.2); slots are spans, as in
    `entity_metrics`.

    Args:
        labels: the true intent of each sentence, by name or id.
        predictions: the predicted ones.
        tags: true tags of each sentence's words.
        tag_predictions: the predicted ones.

    Raises:
        UserError: there are no words, the lengths differ, or a tag has another form.
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
    """A UserError unless both are B-, I- and O tags of the same words."""
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
        for what, values in (("tags", row), ("predicted tags", predicted)):
            try:
                repair_bio(values)
            except UserError as error:
                raise UserError(f"{what} of sentence {number:,}: {error}") from error
