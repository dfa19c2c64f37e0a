"""Plain text as rows of token ids: nothing is lost, nothing is too long."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tfsqueeze.data.sources.text_files import text_files
from tfsqueeze.pretraining.masking import WholeWordMasking
from tfsqueeze.pretraining.text_streams import stream_ids, token_inputs, training_batches
from tfsqueeze.tokenizers.padding import pad_rows
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.utils.errors import UserError

VOCABULARY = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "cat",
    "dog",
    "runs",
    "##ning",
    "##s",
    "run",
    "the",
    ".",
]


@pytest.fixture(scope="module")
def tokenizer():
    return WordPieceTokenizer(VOCABULARY, max_length=8)


def write(folder, name, *lines):
    path = folder / name
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_long_lines_become_several_rows_and_empty_ones_none(tokenizer, tmp_path):
    path = write(tmp_path, "a.txt", "the cat runs", "", "the dog runs . the cat running")
    rows = [row.tolist() for row, _ in stream_ids([path], tokenizer, 6).as_numpy_iterator()]
    the, cat, dog, runs = (VOCABULARY.index(word) for word in ("the", "cat", "dog", "runs"))
    dot, run, ning = (VOCABULARY.index(word) for word in (".", "run", "##ning"))
    assert rows == [
        [2, the, cat, runs, 3],
        [2, the, dog, runs, dot, 3],
        [2, the, cat, run, ning, 3],
    ]


def test_pairs_are_rows_with_token_types(tokenizer, tmp_path):
    files = [
        write(tmp_path, "pairs.tsv", "the cat\truns", "the cat the dog the cat\truns ."),
        write(tmp_path, "single.txt", "the dog"),
    ]
    rows = [row.tolist() for row, _ in stream_ids(files, tokenizer, 8).as_numpy_iterator()]
    the, cat, dog, runs, dot = (VOCABULARY.index(x) for x in ("the", "cat", "dog", "runs", "."))
    assert rows == [
        [2, the, dog, 3],
        [2, the, cat, 3, runs, 3],
        [2, the, cat, the, 3, runs, dot, 3],
    ]
    inputs = token_inputs(tf.constant(pad_rows(rows, 8, 0)), tokenizer)
    assert inputs["token_type_ids"].numpy().tolist() == [
        [0] * 8,
        [0, 0, 0, 0, 1, 1, 0, 0],
        [0, 0, 0, 0, 0, 1, 1, 1],
    ]
    lines = ["the cat", "the cat the dog the cat"], ["runs", "runs ."]
    expected = tokenizer(*lines, max_length=8)["token_type_ids"].numpy()
    np.testing.assert_array_equal(inputs["token_type_ids"][1:], expected)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(st.sampled_from(["cat", "dogs", "zebra", ".", "running"]), max_size=12)))
def test_rows_hold_all_tokens_in_order(tokenizer, texts):
    lines = [" ".join(words) for words in texts]
    rows = tokenizer.encode_without_truncation(lines, 5) if lines else []
    whole = tokenizer(lines, max_length=64)["input_ids"].numpy() if lines else np.zeros((0, 64))
    expected = [token for row in whole for token in row if token not in (0, 2, 3)]
    actual = [token for row in rows for token in row.numpy().tolist() if token not in (2, 3)]
    assert actual == expected
    assert all(2 < len(row) <= 5 for row in rows)


def test_batches_hold_every_row_once_and_are_of_like_length(tokenizer, tmp_path):
    path = write(tmp_path, "a.txt", *["the cat runs " * (n % 6 + 1) for n in range(50)])
    rows = list(stream_ids([path], tokenizer, 32).as_numpy_iterator())
    batches = list(
        training_batches(
            stream_ids([path], tokenizer, 32),
            max_length=32,
            batch_tokens=96,
            pad_token_id=0,
            seed=(0, 0),
        ).as_numpy_iterator()
    )
    numbers = np.concatenate([numbers for _, numbers in batches])
    assert sorted(numbers) == list(range(len(rows)))
    for ids, chosen in batches:
        assert ids.size <= 96
        for padded, number in zip(ids, chosen, strict=True):
            np.testing.assert_array_equal(padded[padded != 0], rows[number][0])


def test_files_and_folders(tmp_path):
    first, second = write(tmp_path, "b.txt", "x"), write(tmp_path, "a.txt", "x")
    write(tmp_path, "c.md", "x")
    assert text_files([tmp_path], tmp_path / "texts") == [second, first]
    assert text_files([first], tmp_path / "texts") == [first]
    pairs = write(tmp_path, "pairs.tsv", "a\tb", "c\td")
    assert text_files([pairs, first], tmp_path / "texts") == [pairs, first]
    three = write(tmp_path, "three.tsv", "a\tb", "a\tb\tc")
    (tmp_path / "empty").mkdir()
    for paths, message in (
        ([tmp_path / "empty"], "has no .txt files"),
        ([tmp_path / "gone"], "does not exist"),
        ([], "no texts"),
        ([three], r"three\.tsv, line 2: it has several tabs; each line of a \.tsv file must"),
    ):
        with pytest.raises(UserError, match=message):
            text_files(paths, tmp_path / "texts")


def test_whole_words_are_masked(tokenizer):
    ids = tokenizer(["the cat running the dog runs"] * 400, max_length=12)["input_ids"]
    masked, labels, weights = (x.numpy() for x in WholeWordMasking(tokenizer, 0.3)(ids, [1, 2]))
    ids = ids.numpy()
    np.testing.assert_array_equal(labels, ids)
    np.testing.assert_array_equal(masked[weights == 0], ids[weights == 0])
    assert not weights[np.isin(ids, [0, 2, 3])].any()
    run, ning = (np.argwhere(ids[0] == VOCABULARY.index(word))[0, 0] for word in ("run", "##ning"))
    np.testing.assert_array_equal(weights[:, run], weights[:, ning])
    words = weights[:, [1, 2, run, 5, 6, 7]]
    assert 0.25 < words.mean() < 0.35
    kinds = masked[weights == 1]
    assert 0.72 < np.mean(kinds == 4) < 0.88
    again = WholeWordMasking(tokenizer, 0.3)(ids, [1, 2])[0].numpy()
    np.testing.assert_array_equal(again, masked)


def test_masking_needs_a_mask_and_a_share(tokenizer):
    bare = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"])
    with pytest.raises(UserError, match=r"no \[MASK\]"):
        WholeWordMasking(bare)
    with pytest.raises(UserError, match="between 0 and 1"):
        WholeWordMasking(tokenizer, 1.0)
