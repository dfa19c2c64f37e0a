"""Subword dropout: random splits of tokens into shorter ones, drawn anew in each epoch."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfsqueeze.tokenizers.tokenizer_settings import CONTINUATION_PREFIX, SPECIAL_TOKENS

# Splits are drawn in advance, because the vocabulary cannot be searched in the graph.
_SPLITS_PER_TOKEN = 8
# The probability that the search for a split skips a piece that fits, for a shorter one.
_SKIP_PROBABILITY = 0.5

# The type stubs of TensorFlow lack the factories of ragged tensors.
_RaggedTensor: Any = tf.RaggedTensor


class SubwordDropout:
    """Splits tokens at random into shorter tokens of the same letters.

    The vocabulary comes from the training data, so most words of these data are one token, while
    words that the data do not hold are several tokens. Random splits teach a model to read those
    as well. The method follows MaxMatch-Dropout (Hiraoka 2022, arXiv 2209.04126), but keeps the
    ends of each token, so that it works on ids and needs no text.

    Args:
        vocabulary: the tokens in order of their ids. Special tokens, and tokens that shorter ones
            cannot spell, are never split.
        probability: the probability that a token is split, in 0..1.
        seed: fixes the up to 8 ways in which each token may be split.

    Example:
        >>> split = SubwordDropout(["jazz", "ja", "##zz"], probability=1.0, seed=0)
        >>> ids, sources = split(tf.constant([0, 1]), seed=(0, 0))
        >>> ids.numpy().tolist(), sources.numpy().tolist()
        ([1, 2, 1], [0, 0, 1])
    """

    def __init__(self, vocabulary: Sequence[str], probability: float, seed: int):
        self._probability = probability
        self._splits = token_splits(vocabulary, seed)

    def __call__(self, ids: tf.Tensor, seed: Any) -> tuple[tf.Tensor, tf.Tensor]:
        """Splits the tokens of one row.

        Args:
            ids: int32 [tokens].
            seed: integers [2], which fix the splits.

        Returns:
            The new ids, int32 [new tokens], and the index of the token that each one is a part of,
            int64 [new tokens].
        """
        draws = tf.random.stateless_uniform([2, tf.size(ids)], seed)
        is_split = draws[0] < self._probability
        chosen = 1 + tf.cast(draws[1] * _SPLITS_PER_TOKEN, tf.int32)
        rows = tf.gather(
            self._splits, ids * (_SPLITS_PER_TOKEN + 1) + tf.where(is_split, chosen, 0)
        )
        return rows.flat_values, rows.value_rowids()


def token_splits(vocabulary: Sequence[str], seed: int) -> tf.RaggedTensor:
    """Returns ways to write each token as a sequence of tokens.

    Args:
        vocabulary: the tokens in order of their ids.
        seed: fixes the ways.

    Returns:
        int32 [9 * tokens, (parts)]: for each token nine rows, the token itself and eight splits.
        The splits may repeat; they are the token itself if it cannot be split.

    Example:
        >>> token_splits(["jazz", "ja", "##zz"], seed=0).to_list()[:2]
        [[0], [1, 2]]
    """
    ids = {token: index for index, token in enumerate(vocabulary)}
    rng = np.random.default_rng(seed)
    rows: list[list[int]] = []
    for index, token in enumerate(vocabulary):
        rows.append([index])
        letters = token.removeprefix(CONTINUATION_PREFIX)
        is_whole = token in SPECIAL_TOKENS or len(letters) < 2
        for _ in range(_SPLITS_PER_TOKEN):
            split = None if is_whole else _split(token, letters, ids, rng)
            rows.append(split or [index])
    return _RaggedTensor.from_row_lengths(
        np.fromiter(itertools.chain.from_iterable(rows), np.int32), [len(row) for row in rows]
    )


def _split(
    token: str, letters: str, ids: dict[str, int], rng: np.random.Generator
) -> list[int] | None:
    """Returns a random split of a token into at least two, or None at a dead end."""
    parts, start = [], 0
    is_continuation = token.startswith(CONTINUATION_PREFIX)
    while start < len(letters):
        prefix = CONTINUATION_PREFIX if is_continuation or start else ""
        ends = [
            end
            for end in range(len(letters) - (not start), start, -1)
            if prefix + letters[start:end] in ids
        ]
        if not ends:
            return None
        # The longest piece that is not skipped, or the shortest one.
        end = next((end for end in ends if rng.random() >= _SKIP_PROBABILITY), ends[-1])
        parts.append(ids[prefix + letters[start:end]])
        start = end
    return parts
