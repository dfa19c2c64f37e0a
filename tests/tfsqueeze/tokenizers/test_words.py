"""Words as BERT divides them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfsqueeze.tokenizers.device_tokenizer import DeviceTokenizer
from tfsqueeze.tokenizers.words import locate_words, split_words


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
    tokenizer = DeviceTokenizer(
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *letters, *(f"##{c}" for c in "abce"), "ab"],
        max_length=300,
    )
    whole, apart = tokenizer([text, " ".join(split_words(text))])["input_ids"].tolist()
    assert whole == apart


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters()))
def test_words_are_found_where_they_stand(text):
    """Lone surrogates within a word stand in the text but not in the word."""
    ends = 0
    for word, start, end in locate_words(text):
        assert ends <= start < end
        assert "".join(c for c in text[start:end] if not "\ud800" <= c <= "\udfff") == word
        ends = end
