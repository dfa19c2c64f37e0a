"""Dividing and sampling questions."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfsqueeze.data.datasets.question_dataset import AnnotatedAnswer, QuestionDataset
from tfsqueeze.utils.errors import UserError


def numbered(articles: list[int]) -> QuestionDataset:
    size = len(articles)
    return QuestionDataset(
        "set",
        [f"question {i}?" for i in range(size)],
        [f"context {i}" for i in range(size)],
        [[AnnotatedAnswer(str(i), 8)] if i % 2 else [] for i in range(size)],
        [f"id {i}" for i in range(size)],
        articles,
    )


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.integers(0, 12), min_size=1, max_size=40), st.floats(0.01, 0.99), st.integers(0, 9)
)
def test_articles_stay_together(articles, fraction, seed):
    dataset = numbered(articles)
    try:
        rest, held_out = dataset.split(fraction, seed)
    except UserError as error:
        assert round(fraction * len(set(articles))) in (0, len(set(articles)))
        assert "too few" in str(error)
        return
    assert not set(rest.articles) & set(held_out.articles)
    assert len(set(held_out.articles)) == round(fraction * len(set(articles)))
    assert sorted(rest.ids + held_out.ids) == sorted(dataset.ids)
    assert dataset.split(fraction, seed) == (rest, held_out)


def test_sample_and_take_keep_columns_together():
    dataset = numbered([0] * 5 + [1] * 5)
    sample = dataset.sample(4, seed=0)
    assert sample == dataset.sample(4, seed=0)
    assert len(set(sample.ids)) == 4
    for row, name in enumerate(sample.ids):
        number = int(name.removeprefix("id "))
        assert sample.questions[row] == f"question {number}?"
        assert sample.answers[row] == dataset.answers[number]
        assert sample.articles[row] == number // 5
    assert dataset.take([7, 1]).contexts == ["context 7", "context 1"]


def test_columns_that_do_not_fit():
    with pytest.raises(UserError, match="set has 1 questions but 2 articles"):
        QuestionDataset("set", ["q"], ["c"], [[]], ["i"], [0, 1])
    for start in (0, -1, 5):
        with pytest.raises(UserError, match=f"question i: the context does not .* 'b' at {start}"):
            QuestionDataset("set", ["q"], ["ab"], [[AnnotatedAnswer("b", start)]], ["i"], [0])
