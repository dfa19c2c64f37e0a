"""The best sequence of B-, I- and O tags that is valid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfsqueeze.decoding.bio import tag_type


def allowed_transitions(names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Returns which tags may begin a sentence and which tag may follow which.

    An I- follows a B- or I- of its type. It may also begin a span if there is no B- of its type.

    Args:
        names: the tag of each id.

    Returns:
        bool [tags], whether a tag may begin a sentence; and bool [tags, tags], whether the tag of
        the column may follow the tag of the row.

    Raises:
        UserError: a name is neither O nor B- or I- with a type.

    Example:
        >>> begins, follows = allowed_transitions(["B-a", "I-a", "O"])
        >>> begins.tolist(), follows[:, 1].tolist()
        ([True, False, True], [True, True, False])
    """
    kinds = [tag_type(name, index) for index, name in enumerate(names)]
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
    """Returns the valid sequence of tags with the greatest sum of scores (Viterbi 1967).

    Of tags with equal sums, the one with the smaller id wins.

    Args:
        scores: float [sentences, positions, tags].
        active: bool [sentences, positions], whether a position has a tag, as the first token of a
            word does.
        names: the tag of each id.

    Returns:
        The ids of the tags, int [sentences, positions]; without meaning at inactive positions.

    Raises:
        UserError: a name is neither O nor B- or I- with a type.

    Example:
        >>> scores = np.array([[[0.0, 1.0, 0.9], [0.0, 1.0, 0.0]]])
        >>> viterbi_decode(scores, np.ones((1, 2), bool), ["B-a", "I-a", "O"]).tolist()
        [[0, 1]]
    """
    begins, follows = allowed_transitions(names)
    sentences, positions, tags = scores.shape
    penalties = np.where(follows, 0.0, -np.inf)
    sums = np.where(begins, 0.0, -np.inf) + np.zeros((sentences, 1))
    # Whether a sentence has had an active position, and the best predecessor of each tag.
    begun = np.zeros(sentences, bool)
    predecessors = np.empty((positions, sentences, tags), np.int64)
    predecessors[:] = np.arange(tags)
    for position in range(positions):
        is_active = active[:, position]
        candidates = sums[:, :, None] + penalties
        chosen = begun & is_active
        predecessors[position, chosen] = candidates.argmax(axis=1)[chosen]
        extended = np.where(begun[:, None], candidates.max(axis=1), sums) + scores[:, position]
        sums = np.where(is_active[:, None], extended, sums)
        begun |= is_active
    best = np.empty((sentences, positions), np.int64)
    tag = sums.argmax(axis=1)
    for position in reversed(range(positions)):
        best[:, position] = tag
        tag = predecessors[position, np.arange(sentences), tag]
    return best
