"""Features of the spelling of tokens that several tokens share."""

from __future__ import annotations

import collections
import re
from collections.abc import Sequence

import numpy as np

from tfsqueeze.tokenizers.tokenizer_settings import CONTINUATION_PREFIX, SPECIAL_TOKENS


def spelling_features(token: str) -> list[str]:
    """Returns the spelling features of a token.

    They are the lowercase letters, the shape, the first three letters, the last two and three
    letters, and whether the token continues a word. The letters and the shape also distinguish
    tokens that continue a word. Taggers of names use the same features of words (Ratinov and Roth,
    CoNLL 2009, section 2).

    Args:
        token: a token that is not a special token.

    Example:
        >>> spelling_features("##Men")[:3]
        ['letters=##men', 'shape=##Xxx', 'prefix3=men']
    """
    prefix = CONTINUATION_PREFIX if token.startswith(CONTINUATION_PREFIX) else ""
    letters = token.removeprefix(CONTINUATION_PREFIX)
    lower = letters.lower()
    return [
        f"letters={prefix}{lower}",
        f"shape={prefix}{word_shape(letters)}",
        f"prefix3={lower[:3]}",
        f"suffix2={lower[-2:]}",
        f"suffix3={lower[-3:]}",
        f"is_continuation={bool(prefix)}",
    ]


def word_shape(word: str) -> str:
    """Returns a word with capitals as X, other letters as x, digits as d, and runs cut to two.

    Args:
        word: any string.

    Example:
        >>> word_shape("McDonald's")
        "XxXxx'x"
    """
    letters = "".join(
        "X" if c.isupper() else "x" if c.isalpha() else "d" if c.isdigit() else c for c in word
    )
    return re.sub(r"(.)\1{2,}", r"\1\1", letters)


def spelling_feature_ids(vocabulary: Sequence[str]) -> np.ndarray:
    """Returns the ids of the spelling features that each token shares with other tokens.

    Args:
        vocabulary: the tokens in order of their ids.

    Returns:
        int32 [tokens, features]: ids from 1; 0 for a feature that only this token has, and for
        special tokens.

    Example:
        >>> spelling_feature_ids(["a", "b", "7"]).tolist()
        [[0, 1, 0, 0, 0, 2], [0, 1, 0, 0, 0, 2], [0, 0, 0, 0, 0, 2]]
    """
    features = [() if token in SPECIAL_TOKENS else spelling_features(token) for token in vocabulary]
    counts = collections.Counter(feature for row in features for feature in row)
    shared = [feature for feature, count in counts.items() if count > 1]
    ids = {feature: number for number, feature in enumerate(shared, start=1)}
    feature_ids = np.zeros((len(vocabulary), max(map(len, features), default=0)), np.int32)
    for row, found in zip(feature_ids, features, strict=True):
        row[: len(found)] = [ids.get(feature, 0) for feature in found]
    return feature_ids
