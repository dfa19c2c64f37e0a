"""Sentences of words as rows of token ids, and where in them each word begins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tfsqueeze.tokenizers.tokenizer_settings import check_max_length


@dataclass(frozen=True)
class WordEncodings:
    """Sentences as a model of words reads them.

    inputs: `input_ids`, `attention_mask` (1 for tokens, 0 for padding) and `token_type_ids` (all
        0), each int32 [sentences, length].
    word_ids: int32 [sentences, length]: at the first token of a word its place in its sentence,
        -1 at all other tokens.
    word_counts: int32 [sentences]: the words of each sentence, those that were cut off too.
    """

    inputs: dict[str, np.ndarray]
    word_ids: np.ndarray
    word_counts: np.ndarray


def build_word_encodings(
    sentences: Iterable[Sequence[Sequence[int]]],
    max_length: int,
    *,
    cls_id: int,
    sep_id: int,
    pad_id: int,
    unk_id: int,
) -> WordEncodings:
    """Makes `[CLS] words [SEP]` of the token ids of each word of each sentence.

    A word without tokens, as one of control characters is, becomes [UNK], so that each word has a
    token of its own. A sentence that is too long loses whole words at its end.

    Raises:
        UserError: `max_length` has no room for the special tokens.
    """
    room = check_max_length(max_length, special_tokens=2) - 2
    rows, firsts, counts = [], [], []
    for words in sentences:
        row, first = [cls_id], [-1]
        for place, pieces in enumerate(words):
            pieces = list(pieces) or [unk_id]
            if len(row) - 1 + len(pieces) > room:
                break
            row += pieces
            first += [place] + [-1] * (len(pieces) - 1)
        rows.append([*row, sep_id])
        firsts.append(first)
        counts.append(len(words))
    input_ids = np.full((len(rows), max_length), pad_id, np.int32)
    word_ids = np.full_like(input_ids, -1)
    attention_mask = np.zeros_like(input_ids)
    for number, (row, first) in enumerate(zip(rows, firsts, strict=True)):
        input_ids[number, : len(row)] = row
        word_ids[number, : len(first)] = first
        attention_mask[number, : len(row)] = 1
    inputs = {
        "input_ids": input_ids,
        "attention_mask": attention_mask,
        "token_type_ids": np.zeros_like(input_ids),
    }
    return WordEncodings(inputs, word_ids, np.array(counts, np.int32))
