"""Prepared texts: TensorFlow reads the rows, which are those of the texts, and damage is seen."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tfsqueeze.data.readers.prepared_folders import (
    Manifest,
    example_bytes,
    read_manifest,
    read_rows,
    read_vectors,
    tokenizer_digest,
)
from tfsqueeze.pretraining import tokenizer_choice
from tfsqueeze.pretraining.pretrain import pretrain
from tfsqueeze.pretraining.pretraining_options import PretrainingOptions
from tfsqueeze.pretraining.text_cleaning import clean_text, count_words
from tfsqueeze.pretraining.text_pipeline import token_rows
from tfsqueeze.pretraining.text_streams import stream_ids
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.utils.errors import UserError

WORDS = "the cat dog bird runs sings sleeps in house garden .".split()
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, "##s", "##x"]
LINES = [f"the {one} {does} in the {place} ." for one in WORDS for does in WORDS for place in WORDS]
LENGTH = 8


@pytest.fixture(scope="module")
def tokenizer():
    return WordPieceTokenizer(VOCABULARY, max_length=LENGTH)


def write_shards(folder, tokenizer, rows):
    """Writes what `tfsqueeze prepare` writes, in two files."""
    tokenizer.save_pretrained(folder / "tokenizer")
    files = {}
    for part in range(2):
        path = folder / f"rows-{part:05}-of-00002.tfrecord.gz"
        with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
            for row in rows[part::2]:
                writer.write(example_bytes({"input_ids": row}))
        files[path.name] = path.stat().st_size
    manifest = Manifest(
        {"tokenizer": tokenizer_digest(tokenizer), "max_length": tokenizer.max_length},
        {"rows": len(rows)},
        files,
    )
    (folder / "manifest.json").write_text(manifest.to_json())
    return folder


@pytest.mark.parametrize(
    "ids", [[2, 3], [2, 127, 128, 16_383, 16_384, 30_521, 3], list(range(300))]
)
def test_a_row_is_an_example_of_tensorflow(ids):
    feature = tf.train.Feature(int64_list=tf.train.Int64List(value=ids))
    features = tf.train.Features(feature={"input_ids": feature})
    assert tf.train.Example.FromString(example_bytes({"input_ids": ids})).features == features


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from([*WORDS, "cats", "catxxs", "unheard", "東京", "\ufb01n", "각"]))
        .map(" ".join)
        .filter(bool),
        min_size=1,
        max_size=4,
    )
)
def test_rows_are_those_of_a_stream_of_texts(texts):
    tokenizer = WordPieceTokenizer(VOCABULARY, max_length=LENGTH)
    expected = tokenizer.encode_without_truncation(texts, LENGTH).to_list()
    device_tokenizer = tokenizer.to_device()
    rows = [row for text in texts for row in token_rows(device_tokenizer, (text,))]
    assert rows == expected


def test_rows_of_pairs_are_those_of_a_stream_of_pairs(tokenizer, tmp_path):
    pairs = [
        ("the cat runs in the house .", "dog"),
        ("the bird", "sings in the garden ."),
        ("", ""),
    ]
    path = tmp_path / "pairs.tsv"
    path.write_text("".join(f"{first}\t{second}\n" for first, second in pairs))
    expected = [row.tolist() for row, _ in stream_ids([path], tokenizer, 8).as_numpy_iterator()]
    assert [row for pair in pairs for row in token_rows(tokenizer.to_device(), pair)] == expected


def test_texts_are_cleaned():
    assert clean_text("\ufeff a\t\x00b\u2028 cafe\u0301 ") == "a b caf\u00e9"
    assert clean_text(" \r ") == ""
    assert [count_words(text) for text in ("", "42 -- !", "a 東京 b2")] == [0, 0, 3]


def test_files_are_read_in_order(tokenizer, tmp_path):
    rows = [[2, 5 + n % 11, 3] for n in range(600)]
    folder = write_shards(tmp_path, tokenizer, rows)
    files = sorted(folder.glob("rows-*"))
    assert [row.tolist() for row in read_rows(files).as_numpy_iterator()] == rows[::2] + rows[1::2]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda folder: next(folder.glob("rows-00001*")).unlink(), "is missing or is not the file"),
        (lambda folder: next(folder.glob("rows-00000*")).write_bytes(b""), "is missing or is not"),
        (lambda folder: replace(folder, '"rows-00000', '"../rows-00000'), "is missing or is not"),
        (lambda folder: replace(folder, '"format_version": 1', '"format_version": 2'), "reads 1"),
        (lambda folder: replace(folder, "{", ""), "not valid JSON"),
        (lambda folder: replace(folder, '"rows": 4', '"texts": 4'), "counts: there is no 'rows'"),
    ],
)
def test_a_damaged_folder_is_one_sentence(change, message, tokenizer, tmp_path):
    write_shards(tmp_path, tokenizer, [[2, 3]] * 4)
    assert read_manifest(tmp_path).counts == {"rows": 4}
    change(tmp_path)
    with pytest.raises(UserError, match=message):
        read_manifest(tmp_path)


def test_a_folder_without_files_is_one_sentence(tmp_path):
    (tmp_path / "manifest.json").write_text(Manifest({"max_length": 4}, {"rows": 2}, {}).to_json())
    with pytest.raises(UserError, match="manifest.json: files: it names no files"):
        read_manifest(tmp_path)


def test_damaged_vectors_are_one_sentence(tmp_path):
    path = tmp_path / "rows-00000-of-00001.tfrecord.gz"

    def write(vector, rows=1):
        with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
            writer.write(example_bytes({"sentence_embedding": np.array(vector, np.float32)}))
        files = {path.name: path.stat().st_size}
        manifest = Manifest({"teacher": {"channels": 2}}, {"rows": rows}, files)
        (tmp_path / "manifest.json").write_text(manifest.to_json())

    write([0.5, -1])
    assert next(read_vectors(tmp_path)).tolist() == [[0.5, -1]]
    for vector, rows, message in (
        ([0.5], 1, "a row that cannot be read"),
        ([0.5, np.nan], 1, "a number of the teacher that is not finite"),
        ([0.5, -1], 2, "another number of rows"),
    ):
        write(vector, rows)
        with pytest.raises(UserError, match=message):
            list(read_vectors(tmp_path))


def test_pretraining_on_a_damaged_file_is_one_sentence(tokenizer, tmp_path):
    prepared = write_shards(tmp_path / "shards", tokenizer, [[2, 5 + n % 11, 3] for n in range(99)])
    path = next(prepared.glob("rows-00001*"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    with pytest.raises(UserError, match="shards has a row that cannot be read"):
        pretrain(tmp_path / "run", [prepared], options())


def replace(folder, old, new):
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace(old, new, 1))


def options(**changes):
    return PretrainingOptions(
        **{
            "objective": "mlm",
            "preset": "squeezebert-micro",
            "model": {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 32},
            "max_length": LENGTH,
            "epochs": 2,
            "batch_tokens": 480,
            "learning_rate": 1e-2,
            "precision": "float32",
            **changes,
        }
    )


@pytest.mark.slow
def test_pretraining_reads_prepared_texts_as_it_reads_texts(tokenizer, tmp_path, monkeypatch):
    text_file = tmp_path / "texts.txt"
    text_file.write_text("\n".join(LINES) + "\n")
    rows = [
        row.tolist() for row, _ in stream_ids([text_file], tokenizer, LENGTH).as_numpy_iterator()
    ]
    prepared = tmp_path / "shards"
    # The same order as that of the texts.
    write_shards(prepared, tokenizer, rows[: len(rows) // 2 * 2])
    ordered = [*rows[: len(rows) // 2 * 2 : 2], *rows[1 : len(rows) // 2 * 2 : 2]]
    text_file.write_text("\n".join(tokenizer.decode(row) for row in ordered) + "\n")
    found = pretrain(tmp_path / "by-rows", [prepared], options())
    assert WordPieceTokenizer.from_pretrained(found.backbone).vocabulary == tokenizer.vocabulary
    monkeypatch.setattr(tokenizer_choice, "trained_tokenizer", lambda *_: tokenizer)
    expected = pretrain(tmp_path / "by-texts", [text_file], options())
    assert found.history == expected.history and len(found.history) == 2


def test_prepared_texts_that_do_not_fit_are_refused(tokenizer, tmp_path):
    prepared = write_shards(tmp_path / "shards", tokenizer, [[2, 5, 3]] * 8)
    texts = tmp_path / "texts.txt"
    texts.write_text("the cat\n")
    for number, (sources, changes, message) in enumerate(
        [
            ([prepared], {"max_length": 6}, "up to 8 tokens, more than the 6"),
            ([prepared, texts], {}, "name no other source"),
            ([prepared], {"pretrained": "squeezebert-tiny"}, "with another tokenizer"),
        ]
    ):
        with pytest.raises(UserError, match=message):
            pretrain(tmp_path / f"run-{number}", sources, options(**changes))


def test_a_manifest_is_read_as_it_was_written(tmp_path):
    manifest = Manifest({"max_length": 4}, {"rows": 2}, {"a": 1})
    text = manifest.to_json()
    assert Manifest.from_json(text, tmp_path) == manifest
    assert json.loads(text)["format_version"] == 1
