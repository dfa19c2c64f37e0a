"""Other pieces of the same words, drawn anew for each epoch of training."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from tfsqueeze.tokenizers.tokenizer_settings import CONTINUATION_PREFIX, SPECIAL_TOKENS

_SPLITS_PER_TOKEN = 8
# The chance that a piece which fits is passed over for a shorter one, once its token is split.
_SKIP_PROBABILITY = 0.5


class SubwordDropout:
    """Splits tokens at random into shorter ones of the same letters.

    A word that training data hold is mostly one token, since the vocabulary was learned from them;
    one that they do not hold is of several. What is split now and then teaches a model to read
    those as well. Like MaxMatch-Dropout (Hiraoka 2022, arXiv 2209.04126), but a token's own bounds
    stay, so that it works on ids and needs no text.

    vocabulary: the tokens in order of their ids. Special ones, and those of which no shorter
        tokens are parts, stay whole.
    chance: that a token is split, in 0..1.
    seed: of the up to 8 ways in which each token may be split.
    """

    def __init__(self, vocabulary: Sequence[str], chance: float, seed: int):
        self._chance = chance
        self._ways = token_splits(vocabulary, seed)

    def __call__(self, ids: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Splits one row: int32 [tokens], the new ids, and int64 [tokens], which token of the old
        row each is of."""
        ways = tf.random.uniform(tf.shape(ids), 1, _SPLITS_PER_TOKEN + 1, tf.int32)
        split = tf.random.uniform(tf.shape(ids)) < self._chance
        rows = tf.gather(self._ways, ids * (_SPLITS_PER_TOKEN + 1) + tf.where(split, ways, 0))
        return rows.flat_values, rows.value_rowids()


def token_splits(vocabulary: Sequence[str], seed: int) -> tf.RaggedTensor:
    """Ways to write each token in tokens: int32 [9 · tokens, (parts)], of each the token itself
    and eight others, which may be equal, and are the token itself where there is no other."""
    ids = {token: index for index, token in enumerate(vocabulary)}
    rng = np.random.default_rng(seed)
    rows = []
    for index, token in enumerate(vocabulary):
        rows.append([index])
        letters = token.removeprefix(CONTINUATION_PREFIX)
        whole = token in SPECIAL_TOKENS or len(letters) < 2
        rows += [
            None if whole else _split(token, letters, ids, rng) for _ in range(_SPLITS_PER_TOKEN)
        ]
        rows[-_SPLITS_PER_TOKEN:] = [row or [index] for row in rows[-_SPLITS_PER_TOKEN:]]
    return tf.RaggedTensor.from_row_lengths(
        np.fromiter(itertools.chain.from_iterable(rows), np.int32), [len(row) for row in rows]
    )


def _split(token, letters, ids, rng):
    """A random way to write a token in at least two; None where the way taken ends nowhere."""
    parts, start = [], 0
    is_continuation = token.startswith(CONTINUATION_PREFIX)
    while start < len(letters):
        mark = CONTINUATION_PREFIX if is_continuation or start else ""
        fits = [
            end
            for end in range(len(letters) - (not start), start, -1)
            if mark + letters[start:end] in ids
        ]
        if not fits:
            return None
        # Longest first, each passed over at random; the shortest where all are.
        end = next((end for end in fits if rng.random() >= _SKIP_PROBABILITY), fits[-1])
        parts.append(ids[mark + letters[start:end]])
        start = end
    return parts
