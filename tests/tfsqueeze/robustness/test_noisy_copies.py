"""Noisy copies of training texts."""

from __future__ import annotations

import pytest

from tfsqueeze.robustness.noises import NOISES
from tfsqueeze.robustness.noisy_copies import TRAINING_NOISES, noisy_copies
from tfsqueeze.utils.errors import UserError

TEXTS = [f"Farmers, said the news, sold {i} tonnes of corn there" for i in range(60)]


def test_copies_follow_each_other_and_are_the_same_for_a_seed():
    copies = noisy_copies(TEXTS, 3, 0.2, seed=1)
    assert len(copies) == 3 * len(TEXTS) and copies == noisy_copies(TEXTS, 3, 0.2, seed=1)
    assert copies != noisy_copies(TEXTS, 3, 0.2, seed=2)
    assert copies[:60] == noisy_copies(TEXTS, 1, 0.2, seed=1) != copies[60:120]
    # A text's copies stand where np.tile puts its label.
    assert all(
        str(i) in copy
        for i, copy in enumerate(noisy_copies(TEXTS, 1, 0.2, 0, names=["punctuation_removed"]))
    )
    assert sum(a != b for a, b in zip(copies[:60], TEXTS, strict=True)) > 50


def test_all_of_the_noises_come_up():
    only = [set(noisy_copies(TEXTS, 1, 1.0, 0, names=[name])) for name in ("drop", "repeat")]
    mixed = noisy_copies(TEXTS, 2, 1.0, 0, names=["drop", "repeat"])
    assert all(any(text in texts for text in mixed) for texts in only)


def test_level_0_and_no_copies():
    assert noisy_copies(TEXTS, 1, 0.0, 0) == TEXTS and noisy_copies(TEXTS, 0, 0.5, 0) == []


def test_defaults_need_no_embeddings():
    assert set(TRAINING_NOISES) < set(NOISES)
    assert not any(NOISES[name].needs_words for name in TRAINING_NOISES)


def test_refusals():
    with pytest.raises(UserError, match="at least one noise"):
        noisy_copies(TEXTS, 1, 0.1, 0, names=[])
    with pytest.raises(UserError, match="noise level must be in 0..1, not 2"):
        noisy_copies(TEXTS, 1, 2, 0)
