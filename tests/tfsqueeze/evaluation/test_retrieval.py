"""How often the text of a pair is found, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tfsqueeze.evaluation.retrieval import retrieval_metrics
from tfsqueeze.utils.errors import UserError


def test_ranks_are_those_among_all_second_texts():
    # The first text's own is the second nearest, the second's the nearest.
    vectors = np.array([[1.0, 0], [0, 1]])
    others = np.array([[0.6, 0.8], [0.8, 0.6]])
    found = retrieval_metrics(["a", "b"], ["c", "d"], vectors, others)
    assert found == {"examples": 2, "recall_at_1": 0.0, "recall_at_10": 1.0}
    found = retrieval_metrics(["a", "b"], ["c", "d"], vectors, others[::-1])
    assert found["recall_at_1"] == 1.0


def test_ten_are_looked_at():
    count = 24
    angles = np.linspace(0, 1, count)
    others = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    # All look for the text at angle 0, so the rank of each is its number from 1.
    found = retrieval_metrics(
        [f"query {row}" for row in range(count)],
        [f"text {row}" for row in range(count)],
        np.tile([[1.0, 0.0]], (count, 1)),
        others,
    )
    assert found == {"examples": count, "recall_at_1": 1 / count, "recall_at_10": 10 / count}


def test_equally_near_texts_are_not_found():
    same = np.ones((12, 1))
    names = [str(row) for row in range(12)]
    found = retrieval_metrics([f"q{x}" for x in names], names, same, same)
    assert found["recall_at_1"] == found["recall_at_10"] == 0


def test_other_right_texts_and_the_text_itself_are_no_errors():
    texts, others = ["a", "a", "c"], ["b", "c", "d"]
    vector = {"a": [1.0, 0, 0], "b": [0.9, 0.4359, 0], "c": [0.8, 0, 0.6], "d": [0, 0, 1.0]}
    first, second = (np.array([vector[text] for text in part]) for part in (texts, others))
    # For "a" and "c" nearer is "b", which belongs to "a" too; for "c" and "d" nearer is "c" itself,
    # and "b" is not as near as "d" only if "c" is left out.
    first[2] = [0.8, 0, 0.6]
    assert (second[0] @ first[2]) > (second[2] @ first[2])
    found = retrieval_metrics(texts, others, first, second)
    assert found["recall_at_1"] == pytest.approx(2 / 3)
    second[0] = [0.5, 0.866, 0]
    assert retrieval_metrics(texts, others, first, second)["recall_at_1"] == 1


def test_wrong_counts_are_refused():
    with pytest.raises(UserError, match="1 texts, 2 second texts"):
        retrieval_metrics(["a"], ["b", "c"], np.eye(1), np.eye(1))
    with pytest.raises(UserError, match="0 texts"):
        retrieval_metrics([], [], np.eye(0), np.eye(0))
