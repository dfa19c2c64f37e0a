"""The replacements of words that attacks propose."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfsqueeze.data.datasets.neighbour_words import NeighbourWords
from tfsqueeze.robustness.attacks import ATTACKS, attack_candidates, character_edits
from tfsqueeze.utils.errors import UserError

WORDS = NeighbourWords(["good", "great", "bad"], np.array([[1, 0.1], [1, 0.2], [-1, 0.1]]))


@given(
    word=st.text(st.characters(categories=["L", "N"]), min_size=2, max_size=12),
    seed=st.integers(0, 1000),
)
def test_character_edits_are_one_of_each_kind(word, seed):
    swapped, replaced, left_out, added = character_edits(word, np.random.default_rng(seed))
    assert sorted(swapped) == sorted(word)
    assert sum(a != b for a, b in zip(swapped, word, strict=True)) in (0, 2)
    assert sum(a != b for a, b in zip(replaced, word, strict=True)) <= 1
    assert any(word[:i] + word[i + 1 :] == left_out for i in range(len(word)))
    assert any(added[:i] + added[i + 1 :] == word for i in range(len(added)))


def test_a_single_character_has_no_edits():
    assert character_edits("a", np.random.default_rng(0)) == []


def test_near_words_nearest_first_in_the_case_of_the_word():
    candidates = attack_candidates(["textfooler"], WORDS)["textfooler"]
    assert candidates("Good", np.random.default_rng(0)) == ["Great", "Bad"]
    assert candidates("GOOD", np.random.default_rng(0)) == ["GREAT", "BAD"]
    assert candidates("corn", np.random.default_rng(0)) == []


def test_unknown_attacks_and_missing_words_are_named():
    assert list(attack_candidates(list(ATTACKS), WORDS)) == list(ATTACKS)
    with pytest.raises(UserError, match="no attack 'genetic'; choose some of deepwordbug, textf"):
        attack_candidates(["genetic"], WORDS)
    with pytest.raises(UserError, match="textfooler needs a table of word embeddings"):
        attack_candidates(["textfooler"])
