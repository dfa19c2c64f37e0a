"""Which B-, I- and O tags may follow which, and the best sequence of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfsqueeze.decoding.bio import tag_type


def allowed_transitions(names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Returns which tags may begin a sentence, bool [tags], and which may follow which, bool [tags
    before, tags].

    An I- follows a B- or I- of its type; it may begin only where its type has no B-.

    Raises UserError where a name is neither O nor B- or I- with a type.
    """
    kinds = [tag_type(name, place) for place, name in enumerate(names)]
    begins = np.array(
        [
            name[0] != "I" or f"B-{kind}" not in names
            for name, kind in zip(names, kinds, strict=True)
        ],
        bool,
    )
    follows = begins[None, :] | (np.array(kinds)[:, None] == np.array(kinds)[None, :])
    return begins, follows


def viterbi_decode(scores: np.ndarray, active: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Returns the allowed tags with the greatest sum of scores (Viterbi 1967), int [sentences,
    places].

    scores: float [sentences, places, tags]. active: bool [sentences, places]: where there is a
    word; elsewhere the result has no meaning. Of equal sums the tag that is named first wins.

    Raises UserError as `allowed_transitions`.
    """
    begins, follows = allowed_transitions(names)
    sentences, places, tags = scores.shape
    barred = np.where(follows, 0.0, -np.inf)
    sums = np.where(begins, 0.0, -np.inf) + np.zeros((sentences, 1))
    begun = np.zeros(sentences, bool)
    before = np.empty((places, sentences, tags), np.int64)
    before[:] = np.arange(tags)
    for place in range(places):
        word = active[:, place]
        ways = sums[:, :, None] + barred
        chosen = begun & word
        before[place, chosen] = ways.argmax(axis=1)[chosen]
        ahead = np.where(begun[:, None], ways.max(axis=1), sums) + scores[:, place]
        sums = np.where(word[:, None], ahead, sums)
        begun |= word
    best = np.empty((sentences, places), np.int64)
    tag = sums.argmax(axis=1)
    for place in reversed(range(places)):
        best[:, place] = tag
        tag = before[place, np.arange(sentences), tag]
    return best
