"""Data on disk train the same model as the same data in memory."""

from __future__ import annotations

import dataclasses
import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tfsqueeze.data.datasets.disk_columns import TextsOnDisk
from tfsqueeze.data.datasets.numbered_columns import NumberedLabels
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.readers import large_files
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.tasks import (
    INTENT_AND_SLOTS,
    MASKED_LM,
    QUESTION_ANSWERING,
    SENTENCE_EMBEDDINGS,
    TEXT_CLASSIFICATION,
    TOKEN_CLASSIFICATION,
)
from tfsqueeze.training import encoded_files
from tfsqueeze.training.batches import calibration_batches
from tfsqueeze.training.encoded_files import (
    digest_of_parts,
    digest_of_values,
    read_encoded,
    write_encoded,
)
from tfsqueeze.training.ragged_rows import PaddedRows, RaggedRows
from tfsqueeze.training.train_task import train_task
from tfsqueeze.utils.errors import UserError


@given(lengths=st.lists(st.integers(0, 6), min_size=1, max_size=9), data=st.data())
@settings(deadline=None)
def test_rows_without_padding_are_those_with_it(lengths, data):
    high = data.draw(st.sampled_from([9, 100_000]))
    ids = data.draw(arrays.arrays(np.int32, (len(lengths), 6), elements=st.integers(1, high)))
    ids[np.arange(6) >= np.array(lengths)[:, None]] = 0
    types = np.where(ids > 0, ids % 2, 0).astype(np.int32)
    cut = data.draw(st.integers(0, len(lengths)))
    counts = np.array(lengths)

    def padded(part):
        return {
            "input_ids": PaddedRows(ids[part], counts[part], 0),
            "types": PaddedRows(types[part], counts[part], 0),
        }

    batches = [padded(slice(cut))] if cut else []
    if cut < len(lengths):
        batches.append(padded(slice(cut, None)))
    rows = RaggedRows.gather(batches)
    assert rows["types"].limits is rows["input_ids"].limits
    chosen = data.draw(st.lists(st.integers(0, len(lengths) - 1), max_size=12))
    for name, expected in (("input_ids", ids), ("types", types)):
        np.testing.assert_array_equal(rows[name].padded(), expected)
        np.testing.assert_array_equal(rows[name][chosen].padded(), expected[chosen])
    assert rows["input_ids"].lengths.tolist() == lengths
    (batch,) = calibration_batches(rows, seed=3)
    (expected,) = calibration_batches({"input_ids": ids, "types": types}, seed=3)
    np.testing.assert_array_equal(batch["input_ids"], expected["input_ids"])
    np.testing.assert_array_equal(batch["types"], expected["types"])


@pytest.fixture
def on_disk(monkeypatch):
    monkeypatch.setattr(large_files, "LARGE_BYTES", -1)
    monkeypatch.setattr("tfsqueeze.training.encoding._EXAMPLES_OF_PART", 50)


def test_the_same_model_is_trained(
    topics_folder, one_layer_options, tmp_path, on_disk, monkeypatch
):
    options = dataclasses.replace(
        one_layer_options, epochs=2, qat_epochs=1, subword_dropout=0.1, word_dropout=0.1
    )
    splits = load_dataset(topics_folder)
    assert splits.train.is_on_disk and splits.validation.is_on_disk
    found = train_task(tmp_path / "disk", TEXT_CLASSIFICATION, splits, options)
    monkeypatch.undo()
    splits = load_dataset(topics_folder)
    assert not splits.train.is_on_disk
    expected = train_task(tmp_path / "memory", TEXT_CLASSIFICATION, splits, options)
    assert found.history == expected.history
    for one, other in zip(
        found.qat_model.get_weights(), expected.qat_model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_options_that_need_all_texts_are_refused(
    topics_folder, one_layer_options, tmp_path, on_disk
):
    options = dataclasses.replace(one_layer_options, noisy_copies=1)
    with pytest.raises(UserError, match="noisy_copies needs them in memory"):
        train_task(tmp_path / "run", TEXT_CLASSIFICATION, load_dataset(topics_folder), options)
    assert not (tmp_path / "run").exists()


def test_each_part_is_read_once_for_digests(
    topics_folder, one_layer_options, tmp_path, on_disk, monkeypatch
):
    splits = load_dataset(topics_folder)
    read = []
    digest_of = encoded_files._digest_of

    def counted(dataset):
        read.append(dataset)
        return digest_of(dataset)

    monkeypatch.setattr(encoded_files, "_digest_of", counted)
    monkeypatch.setattr("tfsqueeze.training.train_task.FloatStage", raise_interrupt)
    # A new run, and one that goes on with the rows that the first one has encoded.
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            train_task(tmp_path / "run", TEXT_CLASSIFICATION, splits, one_layer_options)
        assert list(map(id, read)) == [id(splits.train), id(splits.validation)]
        read.clear()
        monkeypatch.setattr("tfsqueeze.training.encoding._encode_in_parts", None)


@pytest.mark.slow
def test_an_interrupted_run_reads_its_encoded_rows(
    topics_folder, one_layer_options, tmp_path, on_disk, monkeypatch
):
    options = dataclasses.replace(one_layer_options, epochs=1, qat_epochs=1)
    splits = load_dataset(topics_folder)
    expected = train_task(tmp_path / "whole", TEXT_CLASSIFICATION, splits, options)

    def train(interrupted):
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(interrupted, raise_interrupt)
            train_task(tmp_path / "run", TEXT_CLASSIFICATION, splits, options)

    # The first interruption comes while the files are written.
    train("tfsqueeze.training.encoded_files.np.save")
    assert not (tmp_path / "run" / "encoded").exists()
    train("tfsqueeze.training.train_task.FloatStage")
    assert (tmp_path / "run" / "encoded" / "manifest.json").exists()
    # What is encoded already is not encoded again.
    monkeypatch.setattr("tfsqueeze.training.encoding._encode_in_parts", raise_interrupt)
    found = train_task(tmp_path / "run", TEXT_CLASSIFICATION, splits, options)
    assert found.history == expected.history


def raise_interrupt(*_, **__):
    raise KeyboardInterrupt


def test_rows_of_other_texts_are_not_read(tmp_path):
    ids = np.array([[2, 7, 3, 0], [2, 3, 0, 0]])
    tags = np.array([[-100, 1, -100], [1, -100, -100]])
    rows = RaggedRows.gather(
        [
            {
                "input_ids": PaddedRows(ids, np.array([3, 2]), 0),
                "tags": PaddedRows(tags, np.array([2, 1]), -100),
            }
        ]
    )
    labels = np.array([1, 0], np.int32)
    dataset = TextDataset("a", TextsOnDisk.write(["x", "y"]), NumberedLabels.of(["p", "n"]))
    digest = digest_of_parts(dataset)
    write_encoded(tmp_path / "encoded", digest, {**rows, "labels": labels})
    found = read_encoded(tmp_path / "encoded", digest)
    np.testing.assert_array_equal(found["input_ids"].padded(), ids)
    np.testing.assert_array_equal(found["tags"].padded(), tags)
    np.testing.assert_array_equal(found["labels"], labels)
    for other in (
        digest_of_values({"data": digest, "seed": 1}),
        digest_of_parts(dataclasses.replace(dataset, texts=TextsOnDisk.write(["x", "z"]))),
        digest_of_parts(dataclasses.replace(dataset, labels=["n", "p"])),
    ):
        assert read_encoded(tmp_path / "encoded", other) is None
    # The same texts have one digest, on disk and in memory.
    in_memory = TextDataset("a", ["x", "y"], ["p", "n"])
    assert digest_of_parts(in_memory) == digest


def tagged(path):
    rows = [
        f"{verb} O\n{place} B-city\n{'now O' if number % 3 else 'please O'}\n"
        for number, (verb, place) in enumerate(
            itertools.product(("to", "from", "via", "near"), (f"place{n}" for n in range(20)))
        )
    ]
    path.write_text("\n".join(rows), "utf-8")


def commands(path):
    intents = {
        intent: [
            {"data": [{"text": f"{intent} "}, {"text": f"thing{number}", "entity": "what"}]}
            for number in range(40)
        ]
        for intent in ("play", "book")
    }
    path.write_text(json.dumps(intents), "utf-8")


def questions(path):
    articles = []
    for number in range(30):
        context = f"the cat number {number} sat on mat {number} and slept"
        answer = f"mat {number}"
        asked = {
            "id": str(number),
            "question": f"where did cat {number} sit?",
            "answers": [{"text": answer, "answer_start": context.index(answer)}],
        }
        articles.append({"paragraphs": [{"context": context, "qas": [asked]}]})
    path.write_text(json.dumps({"data": articles}), "utf-8")


def plain(path):
    path.write_text("\n".join(f"the cat number {n} sat on mat {n}" for n in range(80)), "utf-8")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "name", "write"),
    [
        (TOKEN_CLASSIFICATION, "data.conll", tagged),
        (INTENT_AND_SLOTS, "data.json", commands),
        (QUESTION_ANSWERING, "data.json", questions),
        (MASKED_LM, "data.txt", plain),
    ],
)
def test_the_same_model_of_every_task_is_trained(
    task, name, write, one_layer_options, tmp_path, on_disk, monkeypatch
):
    # The larger the rate, the more Adam makes of what is rounded otherwise.
    options = dataclasses.replace(one_layer_options, epochs=1, qat_epochs=1, qat_learning_rate=1e-4)
    write(tmp_path / name)
    splits = task.data.load_splits(tmp_path / name)
    assert splits.train.is_on_disk and splits.validation.is_on_disk
    found = train_task(tmp_path / "disk", task, splits, options)
    monkeypatch.undo()
    splits = task.data.load_splits(tmp_path / name)
    assert not splits.train.is_on_disk
    expected = train_task(tmp_path / "memory", task, splits, options)
    for stage, rows in expected.history.items():
        for row, other in zip(found.history[stage], rows, strict=True):
            assert row == pytest.approx(other, rel=1e-4)
    for one, other in zip(
        found.qat_model.get_weights(), expected.qat_model.get_weights(), strict=True
    ):
        # A batch of masked words is padded to its own longest row, and sums round otherwise.
        if task is MASKED_LM:
            np.testing.assert_allclose(one, other, atol=1e-3)
        else:
            np.testing.assert_array_equal(one, other)


def test_sentence_embeddings_need_their_texts_in_memory(one_layer_options, tmp_path, on_disk):
    plain(tmp_path / "data.txt")
    splits = SENTENCE_EMBEDDINGS.data.load_splits(tmp_path / "data.txt")
    with pytest.raises(UserError, match="sentence-embeddings needs them in memory"):
        train_task(tmp_path / "run", SENTENCE_EMBEDDINGS, splits, one_layer_options)
    assert not (tmp_path / "run").exists()
