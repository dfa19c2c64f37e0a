"""Sentences of words as rows of token ids, with the word that each token begins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tfsqueeze.tokenizers.padding import model_inputs, pad_rows
from tfsqueeze.tokenizers.truncation import check_max_length


@dataclass(frozen=True)
class WordEncodings:
    """Tokenized sentences of words.

    Args:
        inputs: `input_ids`, `attention_mask` (1 for tokens, 0 for padding) and `token_type_ids`
            (all 0), each int32 [sentences, length].
        word_ids: int32 [sentences, length]. At the first token of a word, the index of the word in
            its sentence; -1 at all other tokens.
        word_counts: int32 [sentences], the number of words of each sentence, including those that
            were cut off.
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
    """Builds one row `[CLS] words [SEP]` per sentence from the token ids of its words.

    A word without tokens, such as one of control characters, becomes [UNK], so that each word has
    a token of its own. A sentence that is too long loses whole words at its end.

    Args:
        sentences: for each sentence the token ids of each word.
        max_length: the number of tokens of a row, special tokens included.
        cls_id: the id of [CLS].
        sep_id: the id of [SEP].
        pad_id: the id of [PAD].
        unk_id: the id of [UNK].

    Raises:
        UserError: `max_length` has no room for the special tokens.

    Example:
        >>> encodings = build_word_encodings(
        ...     [[[7, 8], [9]]], 6, cls_id=2, sep_id=3, pad_id=0, unk_id=1
        ... )
        >>> encodings.inputs["input_ids"].tolist(), encodings.word_ids.tolist()
        ([[2, 7, 8, 9, 3, 0]], [[-1, 0, -1, 1, -1, -1]])
    """
    room = check_max_length(max_length, special_tokens=2) - 2
    rows, word_ids, counts = [], [], []
    for words in sentences:
        row, row_word_ids = [cls_id], [-1]
        for index, pieces in enumerate(words):
            pieces = list(pieces) or [unk_id]
            if len(row) - 1 + len(pieces) > room:
                break
            row += pieces
            row_word_ids += [index] + [-1] * (len(pieces) - 1)
        rows.append([*row, sep_id])
        word_ids.append(row_word_ids)
        counts.append(len(words))
    return WordEncodings(
        model_inputs(rows, max_length, pad_id),
        pad_rows(word_ids, max_length, value=-1),
        np.array(counts, np.int32),
    )
