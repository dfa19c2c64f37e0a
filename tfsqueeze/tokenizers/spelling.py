"""What the spelling of a token has in common with that of others."""

from __future__ import annotations

import collections
import re
from collections.abc import Sequence

import numpy as np

from tfsqueeze.tokenizers.tokenizer_settings import CONTINUATION_PREFIX, SPECIAL_TOKENS


def spelling_features(token: str) -> list[str]:
    """The features of a token: its letters without case, its shape, what it begins and ends with,
    and whether it goes on a word, which the others but the beginning and the ends say as well.

    They are those of the words in taggers of names (Ratinov and Roth, CoNLL 2009, section 2). In a
    shape, capitals are X, other letters x, digits d, and runs are cut to two.
    """
    is_continuation = CONTINUATION_PREFIX if token.startswith(CONTINUATION_PREFIX) else ""
    letters = token.removeprefix(CONTINUATION_PREFIX)
    lower = letters.lower()
    return [
        f"letters={is_continuation}{lower}",
        f"shape={is_continuation}{word_shape(letters)}",
        f"prefix3={lower[:3]}",
        f"suffix2={lower[-2:]}",
        f"suffix3={lower[-3:]}",
        f"is_continuation={bool(is_continuation)}",
    ]


def word_shape(word: str) -> str:
    """Capitals as X, other letters as x, digits as d, each run cut to two: "McDonald's" is
    "XxXxx'x"."""
    letters = "".join(
        "X" if c.isupper() else "x" if c.isalpha() else "d" if c.isdigit() else c for c in word
    )
    return re.sub(r"(.)\1{2,}", r"\1\1", letters)


def spelling_feature_ids(vocabulary: Sequence[str]) -> np.ndarray:
    """The numbers of the features, from 1, that each token shares with others: int32 [tokens,
    features], 0 where a feature is the token's alone, or the token a special one."""
    features = [() if token in SPECIAL_TOKENS else spelling_features(token) for token in vocabulary]
    counts = collections.Counter(feature for row in features for feature in row)
    shared = [feature for feature, count in counts.items() if count > 1]
    numbers = {feature: number for number, feature in enumerate(shared, start=1)}
    spellings = np.zeros((len(vocabulary), max(map(len, features), default=0)), np.int32)
    for row, found in zip(spellings, features, strict=True):
        row[: len(found)] = [numbers.get(feature, 0) for feature in found]
    return spellings
