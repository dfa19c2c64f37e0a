"""Answers in contexts: the true ones, and those that a model finds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tfsqueeze.data.datasets.question_dataset import QuestionDataset
from tfsqueeze.decoding.answer_spans import AnswerCandidates, AnswerSpan, find_answers
from tfsqueeze.tasks.encodings import Encodings


def answer_texts(dataset: QuestionDataset) -> list[list[str]]:
    """Returns the texts of the true answers to each question."""
    return [[answer.text for answer in answers] for answers in dataset.answers]


def span_text(context: str, span: AnswerSpan | None) -> str:
    """Returns the characters of a span of a context; none of "no answer"."""
    return "" if span is None else context[span.start : span.end]


def candidates(
    logits: Mapping[str, np.ndarray], encodings: Encodings, **options: int
) -> list[AnswerCandidates]:
    """Returns the best answers to each question.

    Args:
        logits: float [rows, length] by the output's name.
        encodings: the rows that the logits are of.
        **options: those of `find_answers`.
    """
    return find_answers(
        logits["start_logits"],
        logits["end_logits"],
        encodings.example_ids,
        encodings.offset_mapping,
        **options,
    )
