"""The best answers over all windows of a context."""

from __future__ import annotations

import numpy as np

from tfsqueeze.decoding.answer_spans import AnswerCandidates, AnswerSpan, find_answers


def test_the_best_spans_of_all_windows():
    offsets = np.full((3, 5, 2), -1, np.int32)
    offsets[0, 1:4] = [[0, 1], [2, 3], [4, 5]]
    offsets[1, 1:4] = [[4, 5], [6, 7], [8, 9]]
    starts = np.array([[9, 1, 5, 2, 9], [-3, 3, 1, 0, 9], [1, 9, 9, 9, 9]], np.float32)
    ends = np.array([[9, 7, 1, 2, 9], [-2, 0, 4, 1, 9], [1, 9, 9, 9, 9]], np.float32)
    first, second = find_answers(starts, ends, np.array([0, 0, 1]), offsets, n_best=3)
    # Not 2-3 to 0-1, whose end is before its start; 4-5 is in both windows.
    assert first.spans == [AnswerSpan(0, 1, 8), AnswerSpan(2, 5, 7), AnswerSpan(4, 7, 7)]
    assert first.no_answer_score == -5 and first.best(0.0) == first.spans[0]
    assert first.best(-20.0) is None and first.best(None) == first.spans[0]
    assert second.spans == [] and second.best(None) is None
    (short,) = find_answers(starts[:1], ends[:1], np.array([0]), offsets[:1], max_answer_tokens=1)
    assert {span.end - span.start for span in short.spans} == {1}


def test_probabilities_are_softmax_of_scores_over_a_temperature():
    candidates = AnswerCandidates([AnswerSpan(0, 1, 6.0), AnswerSpan(2, 3, 4.0)], 5.0)
    shares = np.exp([3.0, 2.0, 2.5])
    np.testing.assert_allclose(candidates.probabilities(True, 2.0), shares / shares.sum())
    without = candidates.probabilities(False, 2.0)
    np.testing.assert_allclose(without, [*shares[:2] / shares[:2].sum(), 0.0])
    assert candidates.choose(0.0, 2.0) == (candidates.spans[0], shares[0] / shares.sum())
    assert candidates.choose(None, 2.0) == (candidates.spans[0], without[0])
    assert candidates.choose(-2.0, 2.0) == (None, shares[2] / shares.sum())
    assert AnswerCandidates([], 5.0).choose(None) == (None, 1.0)
