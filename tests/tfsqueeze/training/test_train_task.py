"""Training runs in a folder: what they leave there, and how they resume."""

from __future__ import annotations

import csv
import dataclasses
import json
import math
import random

import numpy as np
import pytest
import tf_keras as keras

from tfsqueeze.data.datasets.text_dataset import TextDataset, TextDatasetSplits
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.tasks import MULTI_LABEL_CLASSIFICATION, TEXT_CLASSIFICATION
from tfsqueeze.training.batches import TrainingBatches, tokenize
from tfsqueeze.training.run_folder import claim_folder
from tfsqueeze.training.train_task import train_task
from tfsqueeze.training.trained_run import load_run
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError


def test_run_learns_and_leaves_its_files(trained_run):
    history = trained_run.history
    assert [row["epoch"] for row in history["float"]] == [1, 2, 3]
    # The calibrated start, then the one epoch.
    assert [row["epoch"] for row in history["qat"]] == [0, 1]
    assert "loss" not in history["qat"][0]
    assert history["float"][-1]["loss"] < history["float"][0]["loss"]
    assert max(row["val_accuracy"] for row in history["qat"]) > 0.8
    assert trained_run.label_names == ["animals", "food", "weather"]
    for stage in ("float", "qat"):
        assert trained_run.seconds[stage] > 0
        with (trained_run.folder / stage / "history.csv").open(newline="") as lines:
            assert {"epoch", "loss", "accuracy", "val_loss", "val_accuracy"} <= set(
                next(csv.reader(lines))
            )
        assert list((trained_run.folder / stage / "logs").rglob("events.out.tfevents.*"))
        assert not (trained_run.folder / stage / "backup").exists()


def test_finished_run_is_loaded_without_training(trained_run, topics_folder, tiny_options):
    stamps = {path: path.stat().st_mtime_ns for path in trained_run.folder.rglob("*.keras")}
    assert len(stamps) == 2

    def refuse(stage, epochs, steps):
        raise AssertionError(f"{stage} was trained again")

    again = train_task(
        trained_run.folder, TEXT_CLASSIFICATION, load_dataset(topics_folder), tiny_options, refuse
    )
    loaded = load_run(trained_run.folder)
    ids = tokenize(trained_run.tokenizer, ["the cat", "rain and snow"])
    for name in ("float_model", "qat_model"):
        expected = getattr(trained_run, name).predict(ids, verbose=0)
        for other in (again, loaded):
            np.testing.assert_array_equal(getattr(other, name).predict(ids, verbose=0), expected)
    assert loaded.options == tiny_options and loaded.history == trained_run.history
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps


def test_other_settings_or_data_in_a_used_folder_are_refused(
    trained_run, topics_folder, tiny_options
):
    splits = load_dataset(topics_folder)
    with pytest.raises(UserError, match="holds a run with other options; choose another folder"):
        train_task(
            trained_run.folder,
            TEXT_CLASSIFICATION,
            splits,
            dataclasses.replace(tiny_options, seed=1),
        )
    fewer = TextDatasetSplits(splits.train.sample(100, seed=0), splits.validation)
    with pytest.raises(UserError, match="holds a run with other examples"):
        train_task(trained_run.folder, TEXT_CLASSIFICATION, fewer, tiny_options)
    for part in ("train", "validation"):
        dataset = getattr(splits, part)
        for column in ("texts", "labels"):
            first, *others = getattr(dataset, column)
            edited = dataclasses.replace(dataset, **{column: [others[0], *others]})
            assert first != others[0]
            other = dataclasses.replace(splits, **{part: edited})
            with pytest.raises(UserError, match="holds a run with other data; choose another"):
                train_task(trained_run.folder, TEXT_CLASSIFICATION, other, tiny_options)


def test_edited_unlabelled_texts_are_other_texts(topics_folder, tiny_options, tmp_path):
    splits, texts = load_dataset(topics_folder), tmp_path / "more.txt"
    options = dataclasses.replace(tiny_options, teacher="no-teacher", unlabelled=[str(texts)])
    for content, message in (
        ("a goat\n", "no-teacher holds no trained teacher"),
        ("a hens\n", "holds a run with other unlabelled texts"),
    ):
        texts.write_text(content)
        with pytest.raises(UserError, match=message):
            train_task(tmp_path / "run", TEXT_CLASSIFICATION, splits, options)


def test_a_run_without_a_digest_is_one_sentence(trained_run, topics_folder, tiny_options, tmp_path):
    claim = json.loads((trained_run.folder / "run.json").read_text())
    assert len(claim.pop("data_digest")) == 64
    (tmp_path / "run.json").write_text(json.dumps(claim))
    with pytest.raises(UserError) as caught:
        train_task(tmp_path, TEXT_CLASSIFICATION, load_dataset(topics_folder), tiny_options)
    assert str(caught.value) == (
        f"{tmp_path} holds a run of an earlier version, which kept no digest of its data; choose "
        "another folder, or remove that one to train anew"
    )


@pytest.mark.slow
def test_a_run_is_finished_once_its_decoding_is_there(
    mixed_folder, one_layer_options, tmp_path, monkeypatch
):
    options = dataclasses.replace(one_layer_options, epochs=1, qat_epochs=0)
    splits = MULTI_LABEL_CLASSIFICATION.data.load_splits(mixed_folder)
    training = type(MULTI_LABEL_CLASSIFICATION.training)

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "choose_decoding", killed)
    with pytest.raises(KeyboardInterrupt):
        train_task(tmp_path, MULTI_LABEL_CLASSIFICATION, splits, options)
    assert (tmp_path / "float.keras").exists()
    with pytest.raises(UserError, match=r"no finished training run \(qat.keras is missing\)"):
        load_run(tmp_path)


def test_more_accumulated_batches_than_there_are_is_warned_of(
    topics_folder, one_layer_options, tmp_path
):
    options = dataclasses.replace(
        one_layer_options, epochs=1, qat_epochs=0, gradient_accumulation_steps=1000
    )

    class Stop(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            raise KeyboardInterrupt

    message = r"gradient_accumulation_steps is 1,000, and this training has \d+ batches: it changes"
    with pytest.warns(UserWarning, match=message), pytest.raises(KeyboardInterrupt):
        train_task(
            tmp_path,
            TEXT_CLASSIFICATION,
            load_dataset(topics_folder),
            options,
            lambda *_: [Stop()],
        )


def test_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(UserError, match="holds no finished training run"):
        load_run(tmp_path / "nothing")


@pytest.mark.slow
def test_training_stops_early_without_progress(tmp_path, one_layer_options):
    draw = random.Random(0)
    texts = [" ".join(draw.choices("abcdefgh", k=4)) for _ in range(60)]
    noise = TextDataset("noise", texts, labels=[draw.choice("xy") for _ in texts])
    splits = TextDatasetSplits(noise.take(range(40)), noise.take(range(40, 60)))
    options = dataclasses.replace(one_layer_options, epochs=15, qat_epochs=0, patience=1)
    run = train_task(tmp_path / "noise", TEXT_CLASSIFICATION, splits, options)
    accuracies = [row["val_accuracy"] for row in run.history["float"]]
    assert len(accuracies) < 15
    assert accuracies[-1] <= max(accuracies[:-1])


def test_training_batches_hold_every_text_once_and_drop_only_words(trained_run):
    tokenizer = trained_run.tokenizer
    texts = [" ".join(["cat"] * (1 + index % 12)) for index in range(50)]
    ids = tokenize(tokenizer, texts)

    def batches(word_dropout):
        return TrainingBatches(
            ids,
            np.arange(50, dtype=np.int32),
            tokenizer,
            TEXT_CLASSIFICATION.outputs,
            batch_size=8,
            word_dropout=word_dropout,
            seed=0,
        )

    found, steps = {}, 0
    for inputs, labels in batches(0.0).dataset():
        steps += 1
        for row, label in zip(inputs["input_ids"].numpy(), labels.numpy(), strict=True):
            found[label] = np.pad(
                row, (0, ids.shape[1] - len(row)), constant_values=tokenizer.pad_token_id
            )
    assert steps == batches(0.0).steps
    np.testing.assert_array_equal([found[label] for label in range(50)], ids)

    dropped = 0
    for inputs, labels in batches(0.5).dataset():
        rows = inputs["input_ids"].numpy()
        whole = ids[labels.numpy(), : rows.shape[1]]
        changed = rows != whole
        assert (rows[changed] == tokenizer.unk_token_id).all()
        special = (tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.pad_token_id)
        assert not np.isin(whole[changed], special).any()
        dropped += changed.sum()
    words = (ids != tokenizer.pad_token_id).sum() - 2 * len(ids)
    assert 0.3 < dropped / words < 0.7


@pytest.mark.parametrize(
    "field, value",
    [
        ("epochs", 0),
        ("batch_size", 0),
        ("qat_epochs", -1),
        ("learning_rate", 0.0),
        ("word_dropout", 1.0),
        ("subword_dropout", 1.0),
        ("label_smoothing", -0.1),
        ("max_length", 0),
        ("weight_decay", -0.1),
        *(
            (name, value)
            for name in ("learning_rate", "qat_learning_rate", "temperature", "weight_decay")
            for value in (math.nan, math.inf)
        ),
        ("seed", -1),
        ("seed", 2**32),
    ],
)
def test_settings_out_of_range_are_refused(field, value):
    with pytest.raises(UserError, match=field):
        TrainingOptions(**{field: value})


def test_spelling_vectors_are_for_models_from_scratch():
    with pytest.raises(UserError, match="spelling_vectors are for a model that is not pretrained"):
        TrainingOptions(pretrained="squeezebert-tiny", spelling_vectors=True)


def test_a_folder_keeps_to_its_settings_and_its_format(tmp_path):
    settings = {"data": "a", "task": "texts", "options": {"seed": 0, "copies": 0}}
    claim_folder(tmp_path, settings)
    claim_folder(tmp_path, settings)
    for other in (
        {"options": {"seed": 0, "copies": 1}},
        {"options": {"seed": 1, "copies": 0}},
        {"options": {"seed": 0}},
        {"task": "words"},
    ):
        with pytest.raises(UserError, match=f"a run with other {next(iter(other))}"):
            claim_folder(tmp_path, other)
    path = tmp_path / "run.json"
    assert json.loads(path.read_text("utf-8"))["format_version"] == 1
    for version in ({}, {"format_version": 2}):
        path.write_text(json.dumps({**version, **settings}), "utf-8")
        with pytest.raises(UserError, match="has format_version .*, and this tfsqueeze reads 1"):
            claim_folder(tmp_path, settings)
