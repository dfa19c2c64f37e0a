"""A model learns from the logits that a teacher gave texts while they were prepared."""

from __future__ import annotations

import dataclasses
import itertools
import json

import numpy as np
import pytest
import tensorflow as tf

from tfsqueeze.data.readers.prepared_folders import (
    Manifest,
    example_bytes,
    prepared_files,
    read_taught_texts,
)
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.recipes.task_of_data import TextColumns, find_task_of_data
from tfsqueeze.tasks import TEXT_CLASSIFICATION
from tfsqueeze.training import encoding
from tfsqueeze.training.train_task import train_task
from tfsqueeze.utils.errors import UserError

NAMES = ["sport", "money", "art"]
WORDS = {"sport": ["goal", "team"], "money": ["bank", "price"]}
TEXTS = [
    (f"{first} {word} number {number}", name)
    for name, words in WORDS.items()
    for first, word, number in itertools.product(("a", "the"), words, range(20))
]


def write_taught(folder, pairs=False):
    """Writes what `tfsqueeze prepare --teacher` writes: no text is best in `art`."""
    folder.mkdir()
    path = folder / "rows-00000-of-00001.tfrecord.gz"
    with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
        for number, (text, name) in enumerate(TEXTS):
            logits = np.array([-2.0, -1.0, -3.0], np.float32)
            logits[NAMES.index(name)] = 4 + number % 5
            features = {"text": text, "logits": logits}
            if pairs:
                features["text_pair"] = f"é {text}"
            writer.write(example_bytes(features))
    teacher = {"labels": NAMES, "channels": None, "pairs": pairs}
    files = {path.name: path.stat().st_size}
    manifest = Manifest({"teacher": teacher}, {"rows": len(TEXTS)}, files)
    (folder / "manifest.json").write_text(manifest.to_json())
    return folder


@pytest.mark.parametrize("pairs", [False, True])
def test_texts_are_read_with_their_logits(pairs, tmp_path):
    folder = write_taught(tmp_path / "taught", pairs)
    dataset = read_taught_texts(folder)
    assert dataset.is_on_disk and dataset.name == "taught"
    assert list(dataset.texts) == [text for text, _ in TEXTS]
    assert list(dataset.labels) == [name for _, name in TEXTS]
    assert (dataset.text_pairs is not None) == pairs
    if pairs:
        assert dataset.text_pairs[0] == f"é {TEXTS[0][0]}"
    # A label that no text has is there, too.
    assert dataset.label_names() == ["art", "money", "sport"]
    assert dataset.teacher_logits[1].tolist() == [-3, -1, 5]
    assert dataset.take([3, 1]).teacher_logits[1].tolist() == [-3, -1, 5]
    columns = TextColumns("text", "label", None)
    assert find_task_of_data(str(folder), columns, "|").name == "text-classification"


@pytest.mark.slow
def test_a_model_learns_the_logits(tmp_path, one_layer_options):
    folder = write_taught(tmp_path / "taught")
    splits = load_dataset(folder)
    options = dataclasses.replace(one_layer_options, epochs=6, qat_epochs=1)
    run = train_task(tmp_path / "run", TEXT_CLASSIFICATION, splits, options)
    assert list(run.config.id2label.values()) == ["art", "money", "sport"]
    # The loss of a teacher's logits, not of labels.
    assert {"logits_loss", "val_accuracy"} <= set(run.history["float"][0])
    assert run.history["float"][-1]["val_accuracy"] == 1
    # Never the best, a label gets the teacher's probability, which is near 0 but above it.
    ids = run.tokenizer([splits.validation.texts[0]])["input_ids"]
    logits = run.float_model({"input_ids": ids}).numpy()[0]
    assert logits.argmin() == 0
    with pytest.raises(UserError, match="the texts of taught stay on disk"):
        train_task(
            tmp_path / "other",
            TEXT_CLASSIFICATION,
            splits,
            dataclasses.replace(options, noisy_copies=1),
        )
    with pytest.raises(UserError, match="taught has a teacher's logits; leave it out"):
        train_task(
            tmp_path / "other",
            TEXT_CLASSIFICATION,
            splits,
            dataclasses.replace(options, class_weight="balanced"),
        )
    assert not (tmp_path / "other").exists()


def test_a_class_that_the_teacher_does_not_know_has_no_logits(tmp_path):
    dataset = read_taught_texts(write_taught(tmp_path / "taught"))
    logits = encoding._kept_logits(dataset, {"logits": ["sport", "war", "art", "money"]})["logits"]
    assert logits.dtype == np.float16 and np.isnan(logits[:, 1]).all()
    assert logits[1, [0, 2, 3]].tolist() == [5, -3, -1]


def test_rows_for_another_command_are_one_sentence(tmp_path):
    folder = write_taught(tmp_path / "taught")
    with pytest.raises(UserError, match="from which `tfsqueeze train` learns"):
        prepared_files(folder, 64)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["settings"] = {"max_length": 64, "teacher": None}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UserError, match="holds token ids, for `tfsqueeze pretrain`"):
        load_dataset(folder)


@pytest.mark.parametrize(
    ("teacher", "message"),
    [
        ("x", 'settings.teacher: it is "x", not an object'),
        (["x"], "settings.teacher: it is .*, not an object"),
        ({"labels": "ab"}, 'settings.teacher.labels: it is "ab", not a list'),
        ({"labels": {"a": 1}}, "settings.teacher.labels: it is .*, not a list"),
        ({"labels": 5}, "settings.teacher.labels: it is 5, not a list"),
        ({"labels": []}, "settings.teacher.labels: they must be one label or several distinct"),
        ({"labels": ["a", "b", "a"]}, "settings.teacher.labels: they must be one label or several"),
        ({"labels": [1, "a", "b"]}, r"settings.teacher.labels\[0\]: it is 1, not a string"),
        ({"labels": ["a\n", "b\x1b", "c"]}, r"settings.teacher.labels\[1\]: .* U\+001B"),
        ({"labels": NAMES, "pairs": "no"}, 'settings.teacher.pairs: it is "no", not true or false'),
        ({"channels": "8"}, 'settings.teacher.channels: it is "8", not an integer'),
        ({"channels": 0}, "settings.teacher.channels: it must be at least 1"),
        ({"labels": NAMES[:2]}, r"taught has a row that cannot be read \(InvalidArgumentError\)"),
    ],
)
def test_a_manifest_of_a_wrong_teacher_is_one_sentence(teacher, message, tmp_path):
    folder = write_taught(tmp_path / "taught")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["settings"]["teacher"] = teacher
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UserError, match=message):
        read_taught_texts(folder)


def rewrite(folder, records):
    """Replaces the rows, as somebody does who also corrects the size of the file."""
    (path,) = folder.glob("rows-*")
    with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
        for record in records:
            writer.write(record)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"] = {path.name: path.stat().st_size}
    manifest["counts"] = {"rows": 2}
    (folder / "manifest.json").write_text(json.dumps(manifest))


ROW = example_bytes({"text": "ab", "logits": np.zeros(3, np.float32)})


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([ROW, b"junk"], r"a row that cannot be read \(InvalidArgumentError\)"),
        ([ROW, ROW.replace(b"ab", b"\xff\xfe")], "a row that cannot be read .UnicodeDecodeError"),
        ([ROW], "another number of rows than manifest.json says"),
        ([ROW, ROW, ROW], "another number of rows than manifest.json says"),
        *(
            (
                [ROW, example_bytes({"text": "ab", "logits": np.array([0, value, 0], np.float32)})],
                "a number of the teacher that is not finite or far too large",
            )
            for value in (np.nan, -np.inf, 1e30)
        ),
    ],
)
def test_damaged_rows_are_one_sentence(records, message, tmp_path):
    folder = write_taught(tmp_path / "taught")
    rewrite(folder, [ROW, ROW])
    assert list(read_taught_texts(folder).texts) == ["ab", "ab"]
    rewrite(folder, records)
    with pytest.raises(UserError, match=f"taught has {message}"):
        read_taught_texts(folder)


def test_a_damaged_byte_is_one_sentence(tmp_path):
    folder = write_taught(tmp_path / "taught")
    (path,) = folder.glob("rows-*")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"a row that cannot be read \(DataLossError\); copy the"):
        load_dataset(folder)


def test_a_teachers_rows_are_those_of_tensorflow():
    features = {"text": "é", "logits": np.array([0.5, -1], np.float32)}
    example = tf.train.Example.FromString(example_bytes(features))
    assert example.features.feature["text"].bytes_list.value[0].decode() == "é"
    assert list(example.features.feature["logits"].float_list.value) == [0.5, -1]
