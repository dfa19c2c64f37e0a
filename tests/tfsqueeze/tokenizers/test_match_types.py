"""Words that both texts of a row have get token types of their own."""

from __future__ import annotations

import json
import unicodedata

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tfsqueeze.tokenizers.device_tokenizer import DeviceTokenizer
from tfsqueeze.tokenizers.match_types import default_stop_words
from tfsqueeze.tokenizers.tokenizer_settings import SPECIAL_TOKENS
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.utils.errors import UserError

# "xa" is two tokens, "xab" three.
LETTERS = "abx"
VOCABULARY = [*SPECIAL_TOKENS, *LETTERS, "##a", "##b", "."]
STOP_WORDS = ["b", "."]


@pytest.fixture(scope="module")
def golden(goldens_dir):
    return json.loads((goldens_dir / "match_types" / "cases.json").read_text("utf-8"))


def rows(inputs, vocabulary):
    """Returns the tokens of rows with their types, as the golden file writes them."""
    return [
        " ".join(f"{vocabulary[i]}:{kind}" for i, kind in zip(ids[mask > 0], types, strict=False))
        for ids, mask, types in zip(*map(np.asarray, inputs.values()), strict=True)
    ]


@pytest.mark.parametrize(
    "kind", [DeviceTokenizer, WordPieceTokenizer], ids=lambda kind: kind.__name__
)
def test_the_cases_of_the_golden_file(kind, golden):
    checked = 0
    for case in golden["cases"]:
        tokenizer = kind(
            golden["vocabulary"],
            lowercase=case["lowercase"],
            max_length=case["max_length"],
            match_stop_words=golden["stop_words"],
        )
        first, second = ([text] for text in case["texts"])
        if case["kind"] == "pair":
            inputs = tokenizer(first, second)
        else:
            # Questions are tokenized by the tokenizer for devices alone.
            inputs = tokenizer.to_device().encode_questions(first, second).inputs
        assert rows(inputs, tokenizer.vocabulary) == case["rows"], case["name"]
        checked += 1
    assert checked == 12


TEXTS = st.lists(st.sampled_from(["a", "b", "xa", "xab", "xbb", "q", "."]), max_size=5)


@settings(max_examples=80, deadline=None)
@given(TEXTS, TEXTS)
def test_the_words_of_both_texts_are_marked(first, second):
    tokenizer = DeviceTokenizer(VOCABULARY, max_length=40, match_stop_words=STOP_WORDS)
    # "q" is [UNK].
    shared = set(first) & set(second) - {"q", *STOP_WORDS}
    expected = [0]
    for number, words in enumerate((first, second)):
        for word in words:
            expected += [number + 2 * (word in shared)] * len(word)
        expected.append(number)
    inputs = tokenizer([" ".join(first)], [" ".join(second)])
    assert inputs["token_type_ids"][0, : len(expected)].tolist() == expected
    assert not inputs["token_type_ids"][0, len(expected) :].any()


@pytest.mark.parametrize("lowercase", [True, False])
def test_stop_words_are_normalized_as_texts_are(lowercase):
    jamo = list(unicodedata.normalize("NFD", "은"))
    letters = [*"memê", "은", *jamo]
    vocabulary = [*SPECIAL_TOKENS, *letters[1:], *(f"##{letter}" for letter in letters[1:])]
    stop_words = ["Même", "은", "me.me"]
    tokenizer = DeviceTokenizer(
        vocabulary, lowercase=lowercase, max_length=20, match_stop_words=stop_words
    )
    normalized = ("meme", "".join(jamo)) if lowercase else ("même", "은")
    assert tokenizer.match_types.stop_words == (*normalized, "me . me")
    again = DeviceTokenizer.from_settings(tokenizer.settings(), vocabulary)
    assert again.match_types.stop_words == tokenizer.match_types.stop_words
    for text in ("même", "은"):
        assert tokenizer([text], [text])["token_type_ids"].max() == 1
    assert tokenizer(["meme"], ["meme"])["token_type_ids"].max() == (1 if lowercase else 3)


def test_without_match_types_and_for_single_texts_nothing_is_marked():
    plain = DeviceTokenizer(VOCABULARY, max_length=12)
    marked = DeviceTokenizer(VOCABULARY, max_length=12, match_stop_words=STOP_WORDS)
    assert plain(["a xa"], ["xa"])["token_type_ids"].max() == 1
    assert plain.settings().keys() == marked.settings().keys() - {"match_types"}
    for inputs in (marked(["a xa a"]), marked.encode_words([["a", "xa", "a"]]).inputs):
        assert inputs["token_type_ids"].max() == 0


def test_a_question_is_read_bit_by_bit_as_at_once():
    tokenizer = DeviceTokenizer(VOCABULARY, max_length=9, match_stop_words=STOP_WORDS)
    question, context = "xa b", "a xab . xa b " * 6
    whole = tokenizer.encode_questions([question], [context]).inputs["token_type_ids"]
    parts = tokenizer.encode_question(question, context, windows=2)
    np.testing.assert_array_equal(
        whole, np.concatenate([part.inputs["token_type_ids"] for part in parts])
    )
    assert whole.max() == 3


def test_types_in_a_graph_are_those_outside():
    tokenizer = WordPieceTokenizer(VOCABULARY, max_length=10, match_stop_words=STOP_WORDS)
    pairs = ["a xa", "xab"], ["xa x", "xab xab"]
    (batch,) = tf.data.Dataset.from_tensor_slices(pairs).batch(2).map(tokenizer)
    assert batch["token_type_ids"].shape == (2, 10)
    for name, values in tokenizer(*pairs).items():
        np.testing.assert_array_equal(batch[name], values)


def test_the_settings_travel(tmp_path):
    tokenizer = WordPieceTokenizer(VOCABULARY, max_length=10, match_stop_words=STOP_WORDS)
    tokenizer.save_pretrained(tmp_path)
    loaded = WordPieceTokenizer.from_pretrained(tmp_path)
    assert loaded.settings() == tokenizer.settings() == loaded.to_device().settings()
    assert loaded.settings()["match_types"] == {"stop_words": STOP_WORDS}


@pytest.mark.parametrize(
    "value", [True, [], {}, {"stop_words": "the"}, {"stop_words": [1]}], ids=str
)
def test_settings_of_another_form_are_refused(value, tmp_path):
    file = tmp_path / "tokenizer_config.json"
    WordPieceTokenizer(VOCABULARY).save_pretrained(tmp_path)
    file.write_text(json.dumps({"match_types": value}))
    with pytest.raises(UserError, match=f"{file}: match_types is .*, not an object with a list of"):
        WordPieceTokenizer.from_pretrained(tmp_path)


def test_the_stop_words_are_as_a_tokenizer_gives_words():
    words = default_stop_words()
    assert len(set(words)) == len(words) > 100 and {"the", "what", "?", "s"} <= set(words)
    tokenizer = DeviceTokenizer([*SPECIAL_TOKENS, *words], match_stop_words=words)
    ids = tokenizer([" ".join(words)], max_length=len(words) + 2)["input_ids"][0, 1:-1]
    assert [tokenizer.vocabulary[i] for i in ids] == list(words)
