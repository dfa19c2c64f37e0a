"""The tokenizer for devices gives hostile texts the token ids of training.

`tests/faults` holds the campaign of 100,000 texts.
"""

from __future__ import annotations

import pytest

from tests.faults.tokenizer_parity import TextGenerator, differences, vocabulary_of
from tfsqueeze.tokenizers import device_tokenizer, words
from tfsqueeze.tokenizers.words import locate_words

TEXTS = TextGenerator(2, ["hello", "##world", "jazz"]).texts(2000)
VOCABULARY = vocabulary_of(TEXTS)


@pytest.mark.parametrize("lowercase", [True, False], ids=["lowercase", "cased"])
def test_texts_rich_in_limits(lowercase):
    assert not list(differences(VOCABULARY, lowercase, TEXTS))


@pytest.mark.parametrize("lowercase", [True, False], ids=["lowercase", "cased"])
def test_texts_that_are_read_in_parts(lowercase, monkeypatch):
    monkeypatch.setattr(device_tokenizer, "_CHARACTERS_PER_PART", 7)
    monkeypatch.setattr(device_tokenizer, "_WORDS_PER_PART", 2)
    assert not list(differences(VOCABULARY, lowercase, TEXTS[:500]))


def test_words_of_texts_that_are_read_in_parts(monkeypatch):
    whole = [list(locate_words(text)) for text in TEXTS]
    for size in (1, 2, 7):
        monkeypatch.setattr(words, "_CHARACTERS_PER_PART", size)
        assert [list(locate_words(text)) for text in TEXTS] == whole
