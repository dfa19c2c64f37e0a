"""Questions with their contexts as rows of token ids, a long context in several windows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tfsqueeze.tokenizers.padding import model_inputs
from tfsqueeze.tokenizers.truncation import check_max_length
from tfsqueeze.utils.errors import UserError

# As in BERT's reader of SQuAD; a longer question is cut off.
MAX_QUESTION_TOKENS = 64

# The ids of tokens and the character span of each token.
ContextTokens = tuple[Sequence[int], Sequence[tuple[int, int]]]


class QuestionWindow(NamedTuple):
    """A question with a window of its context.

    Args:
        row: the token ids, special tokens included.
        context_start: the index of the first token of the context.
        spans: for each token of the context the position of its first character and the position
            after its last one.
    """

    row: list[int]
    context_start: int
    spans: list[tuple[int, int]]


@dataclass(frozen=True)
class QuestionEncodings:
    """Tokenized questions with their contexts; a question has at least one row.

    Args:
        inputs: `input_ids`, `attention_mask` (1 for tokens, 0 for padding) and `token_type_ids`
            (1 for the context and its [SEP]), each int32 [rows, length].
        example_ids: int32 [rows], the index of the question that each row belongs to, ascending.
        offset_mapping: int32 [rows, length, 2], for each token of the context the position of its
            first character and the position after its last one; -1 at all other tokens.
    """

    inputs: dict[str, np.ndarray]
    example_ids: np.ndarray
    offset_mapping: np.ndarray


def question_windows(
    question: Sequence[int],
    context: Iterable[ContextTokens],
    max_length: int,
    doc_stride: int | None = None,
    *,
    cls_id: int,
    sep_id: int,
) -> Iterator[QuestionWindow]:
    """Yields rows `[CLS] question [SEP] window [SEP]`, one per window of the context.

    A question is cut to `MAX_QUESTION_TOKENS` tokens and to half of the row. The windows are those
    of BERT's reader of SQuAD (Devlin et al. 2019, arXiv 1810.04805). Of the context only as much is
    read as a window needs.

    Args:
        question: the token ids of the question.
        context: the tokens of the context, in one part or in several.
        max_length: the number of tokens of a row, special tokens included.
        doc_stride: the number of tokens between the starts of two windows. By default half of a
            window, so that one window holds any answer of up to that length whole. A window never
            starts after the end of the one before.
        cls_id: the id of [CLS].
        sep_id: the id of [SEP].

    Yields:
        The windows, at least one.

    Raises:
        UserError: `max_length` has no room for a token of the question and one of the context, or
            the stride is below 1.

    Example:
        >>> context = [10, 11, 12], [(0, 1), (2, 3), (4, 5)]
        >>> windows = question_windows([7], [context], 6, doc_stride=1, cls_id=2, sep_id=3)
        >>> [window.row for window in windows]
        [[2, 7, 3, 10, 11, 3], [2, 7, 3, 11, 12, 3]]
    """
    # Three special tokens, one token of the question and one of the context.
    check_max_length(max_length, special_tokens=5)
    if doc_stride is not None and doc_stride < 1:
        raise UserError(
            f"the document stride is {doc_stride}; a window must begin at least 1 "
            "token after the one before"
        )
    question = question[: min(MAX_QUESTION_TOKENS, (max_length - 3) // 2)]
    room = max_length - len(question) - 3
    stride = min(doc_stride or max(1, room // 2), room)
    parts = iter(context)
    # The tokens from the start of the window on.
    ids: list[int] = []
    spans: list[tuple[int, int]] = []
    while True:
        while len(ids) <= room and (part := next(parts, None)) is not None:
            ids += part[0]
            spans += part[1]
        row = [cls_id, *question, sep_id, *ids[:room], sep_id]
        yield QuestionWindow(row, len(question) + 2, spans[:room])
        if len(ids) <= room:
            return
        del ids[:stride], spans[:stride]


def stack_windows(
    windows: Iterable[tuple[int, QuestionWindow]], max_length: int, pad_id: int
) -> QuestionEncodings:
    """Returns windows of questions as the inputs of a model.

    Args:
        windows: for each window the index of its question, ascending, and the window.
        max_length: the number of tokens of a row, special tokens included.
        pad_id: the id of [PAD].
    """
    windows = list(windows)
    offset_mapping = np.full((len(windows), max_length, 2), -1, np.int32)
    for mapped, (_, window) in zip(offset_mapping, windows, strict=True):
        if len(window.spans):
            end = window.context_start + len(window.spans)
            mapped[window.context_start : end] = window.spans
    return QuestionEncodings(
        model_inputs(
            [window.row for _, window in windows],
            max_length,
            pad_id,
            [window.context_start for _, window in windows],
        ),
        np.array([example for example, _ in windows], np.int32),
        offset_mapping,
    )
