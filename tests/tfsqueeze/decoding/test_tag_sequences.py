"""The best sequence of tags, against all sequences there are."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfsqueeze.decoding.bio import repair_bio
from tfsqueeze.decoding.tag_sequences import allowed_transitions, viterbi_decode
from tfsqueeze.utils.errors import UserError

NAMES = ["B-a", "B-b", "I-a", "I-b", "O"]


def valid_sequences(length, names=NAMES):
    """Those that need no repair."""
    return [
        ids
        for ids in itertools.product(range(len(names)), repeat=length)
        if repair_bio([names[tag] for tag in ids]) == [names[tag] for tag in ids]
    ]


def test_what_may_follow():
    begins, follows = allowed_transitions(NAMES)
    assert begins.tolist() == [True, True, False, False, True]
    assert follows[:, 2].tolist() == [True, False, True, False, False]
    assert follows[:, [0, 1, 4]].all()


def test_types_without_a_b_tag_may_begin():
    begins, follows = allowed_transitions(["I-a", "O"])
    assert begins.all() and follows.all()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_it_is_the_best_of_all_that_are_allowed(seed, length):
    draw = np.random.default_rng(seed)
    scores = draw.normal(size=(1, length, len(NAMES)))
    (best,) = viterbi_decode(scores, np.ones((1, length), bool), NAMES)
    sums = {ids: sum(scores[0, range(length), ids]) for ids in valid_sequences(length)}
    assert tuple(best) == max(sums, key=sums.get)


def test_inactive_positions_change_nothing():
    draw = np.random.default_rng(0)
    scores = draw.normal(size=(30, 9, len(NAMES)))
    active = draw.random((30, 9)) < 0.5
    found = viterbi_decode(scores, active, NAMES)
    for row, (mask, best) in enumerate(zip(active, found, strict=True)):
        if mask.any():
            words = scores[row, mask][None]
            (alone,) = viterbi_decode(words, np.ones(words.shape[:2], bool), NAMES)
            assert best[mask].tolist() == alone.tolist()


def test_of_equals_the_first_wins():
    assert viterbi_decode(np.zeros((1, 2, 5)), np.ones((1, 2), bool), NAMES).tolist() == [[0, 0]]


def test_other_tags():
    with pytest.raises(UserError, match="the tag 'X'"):
        allowed_transitions(["O", "X"])
