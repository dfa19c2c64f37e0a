"""Questions with their contexts as rows of token ids, a long context in several windows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tfsqueeze.tokenizers.tokenizer_settings import check_max_length
from tfsqueeze.utils.errors import UserError

# As in BERT's reader of SQuAD; a longer question is cut off.
MAX_QUESTION_TOKENS = 64

Tokens = tuple[Sequence[int], Sequence[tuple[int, int]]]


@dataclass(frozen=True)
class QuestionEncodings:
    """Questions as a model that finds answers reads them.

    inputs: `input_ids`, `attention_mask` (1 for tokens, 0 for padding) and `token_type_ids` (1 for
        the context and its [SEP]), each int32 [rows, length].
    examples: int32 [rows]: the number of the question that a row is a window of, ascending; each
        question has one row at least.
    offset_mapping: int32 [rows, length, 2]: for each token of the context the positions of its
        first character and after its last one in the context, -1 at all other tokens.
    """

    inputs: dict[str, np.ndarray]
    examples: np.ndarray
    offset_mapping: np.ndarray


def build_question_encodings(
    pairs: Iterable[tuple[Sequence[int], Tokens]],
    max_length: int,
    doc_stride: int | None = None,
    *,
    cls_id: int,
    sep_id: int,
    pad_id: int,
) -> QuestionEncodings:
    """Makes rows `[CLS] question [SEP] window [SEP]`.

    pairs: for each question its token ids, and the token ids and the characters of its context.
    doc_stride: how many tokens of the context a window begins after the one before it (Devlin et
        al. 2019, arXiv 1810.04805, their reader of SQuAD); by default half of what a window
        holds, so that any answer of up to that length is whole in one. A window never begins
        past the end of the one before.

    A question is cut to `MAX_QUESTION_TOKENS`, and to half of the row.

    Raises:
        UserError: `max_length` has no room for a token of each, or the stride is below 1.
    """
    # Two for the question and the context to have one each.
    check_max_length(max_length, special_tokens=5)
    if doc_stride is not None and doc_stride < 1:
        raise UserError(
            f"the document stride is {doc_stride}; a window must begin at least 1 "
            "token after the one before"
        )
    rows, types, offsets, examples = [], [], [], []
    for number, (question, (context, places)) in enumerate(pairs):
        question = question[: min(MAX_QUESTION_TOKENS, (max_length - 3) // 2)]
        room = max_length - len(question) - 3
        stride = min(doc_stride or max(1, room // 2), room)
        start = 0
        while True:
            window = slice(start, start + room)
            before = len(question) + 2
            rows.append([cls_id, *question, sep_id, *context[window], sep_id])
            types.append([0] * before + [1] * (len(rows[-1]) - before))
            offsets.append((before, places[window]))
            examples.append(number)
            if start + room >= len(context):
                break
            start += stride
    input_ids = np.full((len(rows), max_length), pad_id, np.int32)
    attention_mask, token_type_ids = np.zeros_like(input_ids), np.zeros_like(input_ids)
    characters = np.full((len(rows), max_length, 2), -1, np.int32)
    for row, (ids, row_types, (before, places)) in enumerate(
        zip(rows, types, offsets, strict=True)
    ):
        input_ids[row, : len(ids)] = ids
        attention_mask[row, : len(ids)] = 1
        token_type_ids[row, : len(ids)] = row_types
        if len(places):
            characters[row, before : before + len(places)] = places
    inputs = {
        "input_ids": input_ids,
        "attention_mask": attention_mask,
        "token_type_ids": token_type_ids,
    }
    return QuestionEncodings(inputs, np.array(examples, np.int32), characters)
