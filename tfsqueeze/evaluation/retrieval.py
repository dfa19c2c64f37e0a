"""How well vectors of texts find the text that belongs to each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfsqueeze.utils.errors import UserError

_RANKS = (1, 10)


def retrieval_metrics(
    texts: Sequence[str],
    text_pairs: Sequence[str],
    vectors: np.ndarray,
    pair_vectors: np.ndarray,
) -> dict[str, Any]:
    """Returns how often the second text of a pair is among the nearest to the first.

    The first text is compared with all distinct second texts. Other second texts that belong to it
    as well, and the text itself, do not count as found before (the filtered rank of Bordes et al.,
    NIPS 2013, section 4.1). Of equally near texts the right one counts as the last.

    Args:
        texts: the first text of each pair.
        text_pairs: the second text of each pair.
        vectors: float [pairs, channels], those of the first texts, of length 1.
        pair_vectors: float [pairs, channels], those of the second texts, of length 1.

    Returns:
        A JSON-able dictionary: `examples`, the number of pairs, and `recall_at_1` and
        `recall_at_10`, the shares of pairs whose second text is the nearest or one of the ten
        nearest, in 0..1.

    Raises:
        UserError: there are no pairs, or the lengths differ.

    Example:
        >>> retrieval_metrics(["a", "b"], ["c", "d"], np.eye(2), np.eye(2))["recall_at_1"]
        1.0
    """
    if not texts or not len(texts) == len(text_pairs) == len(vectors) == len(pair_vectors):
        raise UserError(
            f"there are {len(texts)} texts, {len(text_pairs)} second texts, and {len(vectors)} and "
            f"{len(pair_vectors)} vectors of them; give one of each for every pair, of which there "
            "must be some"
        )
    number = {text: index for index, text in enumerate(dict.fromkeys(text_pairs))}
    corpus = np.empty((len(number), vectors.shape[1]), vectors.dtype)
    right: dict[str, set[int]] = {}
    for text, other, vector in zip(texts, text_pairs, pair_vectors, strict=True):
        corpus[number[other]] = vector
        right.setdefault(text, set()).add(number[other])
    ranks = []
    for text, other, vector in zip(texts, text_pairs, vectors, strict=True):
        cosines = corpus @ vector
        found_before = cosines >= cosines[number[other]]
        found_before[list(right[text])] = False
        if text in number:
            found_before[number[text]] = False
        ranks.append(1 + np.count_nonzero(found_before))
    return {
        "examples": len(ranks),
        **{f"recall_at_{rank}": float(np.mean(np.array(ranks) <= rank)) for rank in _RANKS},
    }
