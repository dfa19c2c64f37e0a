"""Variants of texts by the nearest words of an embedding table."""

import numpy as np

from tfsqueeze.data.datasets.neighbour_words import NeighbourWords

VOCABULARY = ["[PAD]", "good", "great", "bad", "awful", "##ly", "7", "!", "a"]
TABLE = np.array(
    [[0, 0], [1, 0.1], [1, 0.2], [-1, 0.1], [-1, 0.3], [1, 0.1], [1, 0.1], [1, 0], [1, 0.1]], float
)


def test_neighbours_are_whole_words_nearest_first():
    words = NeighbourWords(VOCABULARY, TABLE)
    assert words.neighbours("Good") == ["great", "awful", "bad"]
    assert words.neighbours("good") is words.neighbours("good")
    for unknown in ("excellent", "##ly", "7", "a"):
        assert words.neighbours(unknown) == []


def test_only_known_words_change_and_the_share_holds():
    words = NeighbourWords(VOCABULARY, TABLE)
    texts = ["A good, bad idea! 7 good-ly"] * 500
    changed = words.replace(texts, 0.5, seed=1)
    assert changed == words.replace(texts, 0.5, seed=1) != words.replace(texts, 0.5, seed=2)
    assert words.replace(texts, 0.0, seed=1) == texts
    assert all(
        text.startswith("A ") and " idea! 7 " in text and text.endswith("-ly") for text in changed
    )
    assert 0.4 < np.mean([text.split()[1] != "good," for text in changed]) < 0.6


def test_a_table_of_one_word_changes_nothing():
    assert NeighbourWords(["good"], np.ones((1, 2))).replace(["good"], 0.9, 0) == ["good"]
