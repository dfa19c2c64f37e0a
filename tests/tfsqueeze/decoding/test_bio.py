"""Spans as tags."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfsqueeze.decoding.bio import bio_spans, repair_bio
from tfsqueeze.utils.errors import UserError

tags = st.lists(st.sampled_from(["O", "B-a", "I-a", "B-b", "I-b", "B-c-d", "I-c-d"]), max_size=12)


@pytest.mark.parametrize(
    ("given_tags", "repaired"),
    [
        (["I-a", "I-a", "O"], ["B-a", "I-a", "O"]),
        (["O", "I-a"], ["O", "B-a"]),
        (["B-a", "I-b", "I-b"], ["B-a", "B-b", "I-b"]),
        (["B-a", "I-a", "B-a", "I-a"], ["B-a", "I-a", "B-a", "I-a"]),
        # IOB1: a B- only between neighbours of the same type.
        (["I-a", "I-a", "B-a", "I-b"], ["B-a", "I-a", "B-a", "B-b"]),
        ([], []),
    ],
)
def test_repair(given_tags, repaired):
    assert repair_bio(given_tags) == repaired


def test_spans():
    assert bio_spans(["B-a", "I-a", "I-b", "O", "I-a", "B-a"]) == [
        (0, 2, "a"), (2, 3, "b"), (4, 5, "a"), (5, 6, "a")]  # fmt: skip
    assert bio_spans(["O", "B-creative-work", "I-creative-work"]) == [(1, 3, "creative-work")]
    assert bio_spans([]) == []


@settings(max_examples=200, deadline=None)
@given(tags)
def test_repair_keeps_spans_and_spans_keep_repaired_tags(given_tags):
    repaired = repair_bio(given_tags)
    assert repair_bio(repaired) == repaired
    assert bio_spans(repaired) == bio_spans(given_tags)
    # The spans alone make the repaired tags again.
    rebuilt = ["O"] * len(given_tags)
    for start, end, kind in bio_spans(given_tags):
        rebuilt[start:end] = [f"B-{kind}"] + [f"I-{kind}"] * (end - start - 1)
    assert rebuilt == repaired


@settings(max_examples=200, deadline=None)
@given(tags)
def test_spans_are_those_of_seqeval(given_tags):
    from seqeval.metrics.sequence_labeling import get_entities

    assert [(kind, start, end - 1) for start, end, kind in bio_spans(given_tags)] == get_entities(
        given_tags
    )


@pytest.mark.parametrize("tag", ["X", "", "B", "I-", "S-a", "o"])
def test_other_tags(tag):
    for function in (repair_bio, bio_spans):
        with pytest.raises(UserError, match=rf"the tag '{tag}' \(word 2\) is neither O nor B-"):
            function(["O", tag])
