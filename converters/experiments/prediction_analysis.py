"""How sure a classifier of texts is, where it errs, and which words decided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from converters.inference.text_classification_predictor import TextClassificationPredictor
from tfsqueeze.data.datasets.labels import UNKNOWN_ID
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.evaluation.confidence import reliability
from tfsqueeze.tasks.outputs import softmax

_MOST_ERRORS = 20
# Words of a text that are left out one by one.
_MOST_WORDS = 64
_DECIDING_WORDS = 3
# Of the texts that are listed with their predictions.
_MOST_CHARACTERS = 160


def analyse_predictions(
    predictor: TextClassificationPredictor,
    test: TextDataset,
    logits: np.ndarray,
    label_names: Sequence[str],
) -> dict[str, Any]:
    """Returns the parts `reliability` and `errors` of a report.

    The errors are the wrong predictions with the highest loss, the negative logarithm of the true
    label's probability. The words that decided are those without which the predicted label loses
    most of its probability (erasure; Li et al. 2016, arXiv 1612.08220, section 3).

    Args:
        predictor: predicts without words.
        test: labelled texts, or pairs of texts.
        logits: what the model gives them, float [texts, labels].
        label_names: the labels in the order of the logits.
    """
    probabilities = softmax(logits)
    label_ids = test.label_ids(label_names, UNKNOWN_ID)
    labels = test.labels or []
    predicted = probabilities.argmax(axis=-1)
    of_label = np.where(
        label_ids == UNKNOWN_ID, 0.0, probabilities[np.arange(len(test)), label_ids]
    )
    wrong = np.flatnonzero(predicted != label_ids)
    worst = wrong[np.argsort(of_label[wrong], kind="stable")][:_MOST_ERRORS]
    return {
        "reliability": reliability(probabilities.max(axis=-1), predicted == label_ids),
        "errors": [
            {
                "text": test.texts[row],
                **({} if test.text_pairs is None else {"text_pair": test.text_pairs[row]}),
                "label": labels[row],
                "predicted": label_names[int(predicted[row])],
                "probability_of_label": float(of_label[row]),
                "words": deciding_words(
                    predictor,
                    test.texts[row],
                    label_names[int(predicted[row])],
                    None if test.text_pairs is None else test.text_pairs[row],
                ),
            }
            for row in worst
        ],
    }


def list_predictions(
    test: TextDataset | TokenDataset, logits: np.ndarray, label_names: Sequence[str]
) -> list[dict[str, Any]]:
    """Returns the part `predictions` of a report.

    Args:
        test: labelled texts, pairs of texts, or commands with an intent.
        logits: what the model gives them, float [texts, labels].
        label_names: the labels in the order of the logits.
    """
    probabilities = softmax(logits)
    return [
        {
            "text": " ".join(text.split())[:_MOST_CHARACTERS],
            "label": label,
            "predicted": label_names[int(row.argmax())],
            "probability": float(row.max()),
        }
        for text, label, row in zip(
            _whole_texts(test), test.labels or (), probabilities, strict=True
        )
    ]


def _whole_texts(test: TextDataset | TokenDataset) -> list[str]:
    if isinstance(test, TokenDataset):
        return [" ".join(words) for words in test.sentences]
    if test.text_pairs is None:
        return test.texts
    return [" / ".join(pair) for pair in zip(test.texts, test.text_pairs, strict=True)]


def deciding_words(
    predictor: TextClassificationPredictor, text: str, label: str, text_pair: str | None = None
) -> list[dict[str, Any]]:
    """Returns the words without which a label loses most of its probability, at most three.

    Args:
        predictor: predicts without words.
        text: the text, of whose first 64 words each is left out in turn.
        label: the label.
        text_pair: the second text of a pair, which stays as it is.

    Returns:
        `word`, and `effect`, by how much it raises the probability; the highest effect first.
    """
    words = text.split()
    count = min(len(words), _MOST_WORDS)
    texts = [text, *(" ".join(words[:n] + words[n + 1 :]) for n in range(count))]
    pairs = None if text_pair is None else [text_pair] * len(texts)
    whole, *others = (found.probabilities[label] for found in predictor.predict(texts, pairs))
    effects = whole - np.array(others)
    order = np.argsort(-effects, kind="stable")[:_DECIDING_WORDS]
    return [
        {"word": words[index], "effect": float(effects[index])}
        for index in order
        if effects[index] > 0
    ]
