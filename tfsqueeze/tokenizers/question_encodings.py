"""Questions with their contexts as rows of token ids, a long context in several windows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tfsqueeze.tokenizers.padding import model_inputs
from tfsqueeze.tokenizers.truncation import check_max_length
from tfsqueeze.utils.errors import UserError

# As in BERT's reader of SQuAD; a longer question is cut off.
MAX_QUESTION_TOKENS = 64

# The token ids of a context and the character span of each token.
ContextTokens = tuple[Sequence[int], Sequence[tuple[int, int]]]


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


def build_question_encodings(
    questions: Iterable[tuple[Sequence[int], ContextTokens]],
    max_length: int,
    doc_stride: int | None = None,
    *,
    cls_id: int,
    sep_id: int,
    pad_id: int,
) -> QuestionEncodings:
    """Builds rows `[CLS] question [SEP] window [SEP]`, one per window of the context.

    A question is cut to `MAX_QUESTION_TOKENS` tokens and to half of the row. The windows are those
    of BERT's reader of SQuAD (Devlin et al. 2019, arXiv 1810.04805).

    Args:
        questions: for each question its token ids and the tokens of its context.
        max_length: the number of tokens of a row, special tokens included.
        doc_stride: the number of tokens between the starts of two windows. By default half of a
            window, so that one window holds any answer of up to that length whole. A window never
            starts after the end of the one before.
        cls_id: the id of [CLS].
        sep_id: the id of [SEP].
        pad_id: the id of [PAD].

    Raises:
        UserError: `max_length` has no room for a token of the question and one of the context, or
            the stride is below 1.

    Example:
        >>> context = [10, 11, 12], [(0, 1), (2, 3), (4, 5)]
        >>> encodings = build_question_encodings(
        ...     [([7], context)], 6, doc_stride=1, cls_id=2, sep_id=3, pad_id=0
        ... )
        >>> encodings.inputs["input_ids"].tolist()
        [[2, 7, 3, 10, 11, 3], [2, 7, 3, 11, 12, 3]]
    """
    # Three special tokens, one token of the question and one of the context.
    check_max_length(max_length, special_tokens=5)
    if doc_stride is not None and doc_stride < 1:
        raise UserError(
            f"the document stride is {doc_stride}; a window must begin at least 1 "
            "token after the one before"
        )
    rows, context_starts, spans, example_ids = [], [], [], []
    for example, (question, (context, context_spans)) in enumerate(questions):
        question = question[: min(MAX_QUESTION_TOKENS, (max_length - 3) // 2)]
        room = max_length - len(question) - 3
        stride = min(doc_stride or max(1, room // 2), room)
        start = 0
        while True:
            window = slice(start, start + room)
            rows.append([cls_id, *question, sep_id, *context[window], sep_id])
            context_starts.append(len(question) + 2)
            spans.append(context_spans[window])
            example_ids.append(example)
            if start + room >= len(context):
                break
            start += stride
    offset_mapping = np.full((len(rows), max_length, 2), -1, np.int32)
    for row, start, row_spans in zip(offset_mapping, context_starts, spans, strict=True):
        if len(row_spans):
            row[start : start + len(row_spans)] = row_spans
    return QuestionEncodings(
        model_inputs(rows, max_length, pad_id, context_starts),
        np.array(example_ids, np.int32),
        offset_mapping,
    )
