"""Words to pieces and back: each word has one first piece, the same in both tokenizers."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfsqueeze.tokenizers.device_tokenizer import DeviceTokenizer
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.tokenizers.words import split_words
from tfsqueeze.utils.errors import UserError

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
LETTERS = "abcdé"
VOCABULARY = [*SPECIAL, *LETTERS, *(f"##{c}" for c in LETTERS), "ab", "##cd", "-", "."]
TOKENIZERS = [
    kind(VOCABULARY, lowercase=False, max_length=12)
    for kind in (DeviceTokenizer, WordPieceTokenizer)
]

_known = st.characters(exclude_categories=["Cn"]).filter(
    lambda c: unicodedata.ucd_3_2_0.category(c) != "Cn"
)


def spelled(ids) -> str:
    return "".join(VOCABULARY[token].removeprefix("##") for token in ids)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.text(LETTERS + "-.", min_size=1, max_size=6), max_size=8),
        min_size=1,
        max_size=4,
    ),
    st.integers(2, 16),
)
def test_words_come_back_from_their_pieces(sentences, max_length):
    for tokenizer in TOKENIZERS:
        rows = tokenizer.encode_words(sentences, max_length)
        assert rows.word_counts.tolist() == [len(words) for words in sentences]
        for words, ids, firsts, mask in zip(
            sentences,
            rows.inputs["input_ids"],
            rows.word_ids,
            rows.inputs["attention_mask"],
            strict=True,
        ):
            positions = np.flatnonzero(firsts >= 0)
            # The words that have room, in their order, each once.
            kept = len(positions)
            assert firsts[positions].tolist() == list(range(kept))
            assert ids[0] == 2 and ids[mask.sum() - 1] == 3 and not ids[mask.sum() :].any()
            ends = [*positions, mask.sum() - 1][1:]
            assert [spelled(ids[a:b]) for a, b in zip(positions, ends, strict=True)] == words[:kept]
            if kept < len(words):
                longer = (
                    tokenizer.encode_words([words[: kept + 1]], 200).inputs["attention_mask"].sum()
                )
                assert longer > max_length


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.text(_known, max_size=8), max_size=6), max_size=3))
def test_both_tokenizers_make_the_same_rows(sentences):
    on_device, in_graph = (tokenizer.encode_words(sentences) for tokenizer in TOKENIZERS)
    np.testing.assert_array_equal(on_device.word_ids, in_graph.word_ids)
    np.testing.assert_array_equal(on_device.word_counts, in_graph.word_counts)
    for name, expected in in_graph.inputs.items():
        assert expected.dtype == np.int32
        np.testing.assert_array_equal(on_device.inputs[name], expected)


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_the_words_of_a_text_have_the_pieces_of_the_text(tokenizer):
    text = "abcd. a-b  ab"
    rows = tokenizer.encode_words([split_words(text)])
    np.testing.assert_array_equal(rows.inputs["input_ids"], tokenizer([text])["input_ids"])
    assert rows.word_ids[0].tolist() == [-1, 0, -1, 1, 2, 3, 4, 5, -1, -1, -1, -1]


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_a_word_that_is_cleaned_away_is_unknown(tokenizer):
    rows = tokenizer.encode_words([["a", "\u0000", "b"]], 6)
    assert rows.inputs["input_ids"].tolist() == [[2, 4, 1, 5, 3, 0]]
    assert rows.word_ids.tolist() == [[-1, 0, 1, 2, -1, -1]]


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_what_cannot_be_is_refused(tokenizer):
    with pytest.raises(UserError, match="the special tokens alone take 2"):
        tokenizer.encode_words([["a"]], 1)
    with pytest.raises(UserError, match="text 1 is 3, not a string"):
        tokenizer.encode_words([["a", 3]])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.text(LETTERS + " ", max_size=12), st.text(LETTERS + " ", max_size=12)),
        min_size=1,
        max_size=4,
    ),
    st.integers(3, 14),
)
def test_both_tokenizers_cut_pairs_in_the_same_way(pairs, max_length):
    first, second = map(list, zip(*pairs, strict=True))
    on_device, in_graph = (
        tokenizer(first, second, max_length=max_length) for tokenizer in TOKENIZERS
    )
    for name, expected in in_graph.items():
        np.testing.assert_array_equal(on_device[name], expected.numpy(), err_msg=name)


def test_pairs_of_another_number_are_refused():
    for tokenizer in TOKENIZERS:
        with pytest.raises(UserError, match="there are 1 texts but 2 text_pairs"):
            tokenizer(["a"], ["a", "b"])
