"""Vocabularies learnt from texts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfsqueeze.tokenizers import vocabulary as vocabulary_module
from tfsqueeze.tokenizers.tokenizer_settings import SPECIAL_TOKENS
from tfsqueeze.tokenizers.vocabulary import train_vocabulary
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.utils.errors import UserError

TEXTS = [
    "The bank raises its interest rates.",
    "Interest in the bank's shares is raised!",
    "Crude oil shipments: 5,000 barrels a day, crude prices rise.",
    "Zoë visits Straße 7 in 東京 😀",
] * 5


def unknown_tokens(vocabulary: list[str], texts: list[str], lowercase: bool = True) -> int:
    tokenizer = WordPieceTokenizer(vocabulary, lowercase=lowercase, max_length=512)
    ids = tokenizer(texts, padding="longest")["input_ids"].numpy()
    return int((ids == tokenizer.unk_token_id).sum())


@pytest.mark.parametrize("lowercase", [True, False])
def test_no_word_of_the_texts_is_unknown(lowercase):
    vocabulary = train_vocabulary(TEXTS, vocab_size=150, lowercase=lowercase)

    assert vocabulary[:5] == list(SPECIAL_TOKENS)
    assert vocabulary.index("[PAD]") == 0
    assert len(set(vocabulary)) == len(vocabulary) <= 150
    assert unknown_tokens(vocabulary, TEXTS, lowercase) == 0
    assert "interest" in vocabulary
    assert ("Z" in vocabulary) is not lowercase


def test_the_same_texts_in_any_order_give_the_same_vocabulary():
    assert train_vocabulary(TEXTS, 120) == train_vocabulary(TEXTS[::-1], 120)


@pytest.mark.parametrize("vocab_size", [7, 20, 60, 90, 400])
def test_the_size_is_an_upper_bound(vocab_size):
    vocabulary = train_vocabulary(TEXTS, vocab_size)
    assert len(vocabulary) <= vocab_size
    WordPieceTokenizer(vocabulary)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(st.characters(), max_size=30), min_size=1, max_size=6))
def test_any_texts_give_a_vocabulary_or_the_error(texts):
    try:
        vocabulary = train_vocabulary(texts, 500)
    except UserError as error:
        assert "no word" in str(error)
        return
    assert len(vocabulary) <= 500
    WordPieceTokenizer(vocabulary)(texts)


def test_characters_of_dropped_and_of_long_words_are_kept(monkeypatch):
    monkeypatch.setattr(vocabulary_module, "_MAX_WORDS", 2)
    texts = ["bank bank bank rate rate qux", "ก" * 60]
    assert unknown_tokens(train_vocabulary(texts, 100), texts) == 0


def test_real_intents_have_no_unknown_word(shared_dir):
    lines = (shared_dir / "data/clinc150/train.tsv").read_text(encoding="utf-8").splitlines()
    texts = [line.split("\t")[1] for line in lines]
    vocabulary = train_vocabulary(texts, 2000)
    assert 1900 <= len(vocabulary) <= 2000
    assert unknown_tokens(vocabulary, texts) == 0


def test_errors():
    with pytest.raises(UserError, match="need at least 7"):
        train_vocabulary(TEXTS, vocab_size=6)
    for texts in ([], ["", " \x00 "]):
        with pytest.raises(UserError, match="no word"):
            train_vocabulary(texts)
