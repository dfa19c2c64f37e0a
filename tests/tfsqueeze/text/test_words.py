"""Words as BERT divides them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfsqueeze.text.light_tokenizer import LightTokenizer
from tfsqueeze.text.words import split_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't stop.\n", ["Don", "'", "t", "stop", "."]),
        ("a\u00a0b  c\td", ["a", "b", "c", "d"]),
        ("$9.50?!", ["$", "9", ".", "50", "?", "!"]),
        ("cafe\u0301 Romántica", ["cafe\u0301", "Romántica"]),
        ("half \ud83c pair", ["half", "pair"]),
        (" ", []),
    ],
)
def test_split_words(text, words):
    assert split_words(text) == words


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("abcé .,'!-\n\u00a0")))
def test_the_pieces_of_words_are_those_of_the_text(text):
    letters = "abce.,'!-"
    tokenizer = LightTokenizer(
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *letters, *(f"##{c}" for c in "abce"), "ab"],
        max_length=300,
    )
    whole, apart = tokenizer([text, " ".join(split_words(text))])["input_ids"].tolist()
    assert whole == apart
