"""Whether predictions of a task are right, and how reports write predictions and the truth."""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from typing import Any

from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.decoding.bio import bio_spans
from tfsqueeze.evaluation.answers import score_answer
from tfsqueeze.robustness.greedy_search import Verdict
from tfsqueeze.tasks import TaskName
from tfsqueeze.tasks.found_answers import answer_texts, span_text

# What a model predicts by output, as `Task.decode` returns it.
Predictions = Mapping[str, list[Any]]


class Truth(abc.ABC):
    """What is right in a task: the base of a class for each task whose predictions can be right."""

    @abc.abstractmethod
    def truths(self, dataset: Any) -> list[Any]:
        """Returns the truth of each example of a labelled dataset."""

    @abc.abstractmethod
    def predicted(self, dataset: Any, predictions: Predictions) -> list[Any]:
        """Returns the prediction for each example in the form of the truths."""

    def is_right(self, truth: Any, predicted: Any) -> bool:
        """Returns whether a prediction is right."""
        return truth == predicted

    def text(self, value: Any) -> str:
        """Returns a truth or a prediction as text."""
        return value

    def verdicts(
        self, dataset: Any, predictions: Predictions, confidences: Sequence[float]
    ) -> list[Verdict]:
        """Returns the verdict on each prediction.

        Args:
            dataset: the labelled examples.
            predictions: the predictions.
            confidences: how sure the model is of the truth of each example, in 0..1.
        """
        return [
            Verdict(self.is_right(truth, predicted), float(confidence), self.text(predicted))
            for truth, predicted, confidence in zip(
                self.truths(dataset), self.predicted(dataset, predictions), confidences, strict=True
            )
        ]


class LabelTruth(Truth):
    """The label of a text.

    Example:
        >>> from tfsqueeze.data.datasets.text_dataset import TextDataset
        >>> dataset = TextDataset("letters", ["x"], labels=["a"])
        >>> LabelTruth().verdicts(dataset, {"logits": ["b"]}, [0.25])
        [Verdict(right=False, confidence=0.25, predicted='b')]
    """

    def truths(self, dataset):
        return dataset.labels

    def predicted(self, dataset, predictions):
        return predictions["logits"]


class LabelSetTruth(Truth):
    """All labels of a text: none may be missing, and none may be too many."""

    def truths(self, dataset):
        return [frozenset(labels) for labels in dataset.labels]

    def predicted(self, dataset, predictions):
        return [frozenset(found.labels) for found in predictions["logits"]]

    def text(self, value):
        return ", ".join(sorted(value)) or "no label"


class SpanTruth(Truth):
    """All tagged spans of a sentence: their ends and their types.

    SeqAttack counts the words of entities that get a wrong tag, and takes an attack for successful
    from a share of them on (Simoncini and Spanakis, EMNLP 2021, System Demonstrations). Here one
    wrong span is enough.
    """

    def truths(self, dataset):
        return _spans(dataset, dataset.tags)

    def predicted(self, dataset, predictions):
        return _spans(dataset, predictions["logits"])

    def text(self, value):
        return _span_text(value)


class FrameTruth(Truth):
    """The intent and all slots of a command.

    Together they are the semantic frame (Goo et al., NAACL 2018, section 4.2).
    """

    def truths(self, dataset):
        return list(zip(dataset.labels, _spans(dataset, dataset.tags), strict=True))

    def predicted(self, dataset, predictions):
        slots = _spans(dataset, predictions["slot_logits"])
        return list(zip(predictions["intent_logits"], slots, strict=True))

    def text(self, value):
        intent, slots = value
        return f"{intent}: {_span_text(slots)}"


class AnswerTruth(Truth):
    """The answer to a question, by the exact match of SQuAD's script; see `answer_metrics`."""

    def truths(self, dataset):
        return answer_texts(dataset)

    def predicted(self, dataset, predictions):
        return [
            [span_text(context, span)] if span else []
            for context, (span, _) in zip(dataset.contexts, predictions["answers"], strict=True)
        ]

    def is_right(self, truth, predicted):
        return score_answer(truth, "".join(predicted)).exact_match == 1

    def text(self, value):
        return " | ".join(dict.fromkeys(value)) or "no answer"


# What is right in each task, but for those whose predictions are more or less near the truth.
TRUTHS: dict[str, Truth] = {
    TaskName.TEXT_CLASSIFICATION.value: LabelTruth(),
    TaskName.MULTI_LABEL_CLASSIFICATION.value: LabelSetTruth(),
    TaskName.TOKEN_CLASSIFICATION.value: SpanTruth(),
    TaskName.INTENT_AND_SLOTS.value: FrameTruth(),
    TaskName.QUESTION_ANSWERING.value: AnswerTruth(),
}


def _spans(
    dataset: TokenDataset, tags: Sequence[Sequence[str]]
) -> list[list[tuple[int, int, str, str]]]:
    """Returns the spans of each sentence: first word, word after the last, type and text."""
    return [
        [(first, last, kind, " ".join(words[first:last])) for first, last, kind in bio_spans(row)]
        for words, row in zip(dataset.sentences, tags, strict=True)
    ]


def _span_text(spans: Sequence[tuple[int, int, str, str]]) -> str:
    return ", ".join(f"{text} ({kind})" for _, _, kind, text in spans) or "no span"
