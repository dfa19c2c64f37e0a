"""Pairs of texts, embedded by one encoder and compared by cosine, through the whole pipeline."""

from __future__ import annotations

import csv
import dataclasses
import random

import numpy as np
import pytest
import tf_keras as keras

from converters.conversion.runs import QAT_FILE, convert_run
from converters.experiments.run_verification import verify_run
from converters.inference.predictor import Predictor
from converters.tflite.inspection import require_int8
from converters.tflite.metadata import read_metadata
from tests.end_to_end.conftest import FILLERS
from tfsqueeze.data.datasets.sentence_dataset import SentenceDataset, SentenceDatasetSplits
from tfsqueeze.tasks import SENTENCE_EMBEDDINGS
from tfsqueeze.training.callbacks import BACKUP_FOLDER
from tfsqueeze.training.fit import monitor
from tfsqueeze.training.train_task import train_task
from tfsqueeze.training.trained_run import load_run
from tfsqueeze.utils.errors import UserError

pytestmark = pytest.mark.slow

# Two words of each meaning; a text says some things in one way, its pair in the other.
MEANINGS = [
    ("cat", "kitten"),
    ("bread", "loaf"),
    ("rain", "shower"),
    ("car", "auto"),
    ("house", "home"),
    ("sea", "ocean"),
    ("boss", "chief"),
    ("shop", "store"),
    ("gift", "present"),
    ("wood", "forest"),
    ("road", "street"),
    ("coat", "jacket"),
]


def _said(draw, meanings, way):
    words = [MEANINGS[meaning][way] for meaning in meanings]
    words += draw.choices(FILLERS, k=draw.randint(0, 2))
    draw.shuffle(words)
    return " ".join(words)


def _write(folder, rows_of):
    draw = random.Random(0)
    for part, count in (("train", 320), ("val", 60), ("test", 60)):
        with (folder / f"{part}.csv").open("w", newline="", encoding="utf-8") as lines:
            table = csv.writer(lines)
            for row in rows_of(draw, count):
                table.writerow(row)


@pytest.fixture(scope="module")
def positives(tmp_path_factory):
    """Texts of three meanings, and the same meanings in other words."""

    def rows(draw, count):
        yield "text", "other"
        for _ in range(count):
            meanings = draw.sample(range(len(MEANINGS)), 3)
            yield _said(draw, meanings, 0), _said(draw, meanings, 1)

    folder = tmp_path_factory.mktemp("positives")
    _write(folder, rows)
    return folder


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """The score is how many of two meanings both texts have, times two."""

    def rows(draw, count):
        yield "text", "other", "label"
        for _ in range(count):
            first, shared = draw.sample(range(len(MEANINGS)), 2), draw.randint(0, 2)
            others = [x for x in range(len(MEANINGS)) if x not in first]
            second = first[:shared] + draw.sample(others, 2 - shared)
            yield _said(draw, first, 0), _said(draw, second, 1), 2 * shared

    folder = tmp_path_factory.mktemp("scored")
    _write(folder, rows)
    return folder


def load(folder):
    return SENTENCE_EMBEDDINGS.data.load_splits(str(folder), text_pair_column="other")


@pytest.fixture(scope="module")
def positive_run(positives, options, tmp_path_factory):
    return train_task(
        tmp_path_factory.mktemp("positive") / "run",
        SENTENCE_EMBEDDINGS,
        load(positives),
        dataclasses.replace(options, epochs=3),
        dataset_name=str(positives),
    )


@pytest.fixture(scope="module")
def scored_run(scored, options, tmp_path_factory):
    return train_task(
        tmp_path_factory.mktemp("scored") / "run",
        SENTENCE_EMBEDDINGS,
        load(scored),
        dataclasses.replace(options, batch_tokens=400),
        dataset_name=str(scored),
    )


def test_texts_find_their_pairs(positive_run, positives):
    content = convert_run(positive_run)
    require_int8(content, allow_float_output=False)
    for stage in ("float", "qat"):
        assert max(row["val_accuracy"] for row in positive_run.history[stage]) > 0.7
    results = verify_run(positive_run, {QAT_FILE: content}, load(positives).test)
    for row in results["accuracy"]:
        assert row["recall_at_1"] > 0.5 and row["recall_at_10"] > 0.9, row
        assert "teacher_cosine" not in row
    # The file is an embedder like any other.
    metadata = read_metadata(content)
    assert (metadata.task, metadata.pairs, metadata.decoding) == ("sentence-embeddings", False, {})
    embedder = Predictor.open(content)
    found = embedder.search(
        ["kitten loaf ocean", "auto home chief", "shower store home"], ["the sea cat and bread"]
    )
    assert found[0][0].text == "kitten loaf ocean"


def test_cosines_follow_the_scores(scored_run, scored):
    content = convert_run(scored_run)
    require_int8(content, allow_float_output=False)
    for stage in ("float", "qat"):
        assert max(row["val_pearson"] for row in scored_run.history[stage]) > 0.7
    results = verify_run(scored_run, {QAT_FILE: content}, load(scored).test)
    for row in results["accuracy"]:
        assert row["spearman"] > 0.7, row
    # The lowest score is a cosine of 0, the highest of 1.
    embedder = Predictor.open(content)
    same, other = (
        embedder.encode(["cat bread", text]).prod(axis=0).sum()
        for text in ("kitten loaf", "auto ocean")
    )
    assert same > 0.7 and abs(other) < 0.3


def test_a_loaded_run_embeds_the_same(positive_run, positives):
    again = load_run(positive_run.folder)
    test = load(positives).test
    inputs = SENTENCE_EMBEDDINGS.encode(again.tokenizer, test).select(("input_ids",))
    found = [
        run.qat_model.predict(inputs, verbose=0)["embeddings"] for run in (positive_run, again)
    ]
    np.testing.assert_array_equal(*found)


class Stopped(Exception):
    """Stands for a kill."""


class _Stop(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            raise Stopped


@pytest.mark.parametrize("stage", ["float", "qat"])
def test_an_interrupted_run_goes_on(stage, positives, options, tmp_path):
    options = dataclasses.replace(options, epochs=2, qat_epochs=2, learning_rate=1e-3)
    splits = load(positives)
    splits = dataclasses.replace(splits, train=splits.train.take(range(60)))

    def train(name, callbacks):
        return train_task(tmp_path / name, SENTENCE_EMBEDDINGS, splits, options, callbacks)

    whole = train("whole", lambda *_: [])
    with pytest.raises(Stopped):
        train("stopped", lambda name, *_: [_Stop()] if name == stage else [])
    assert (tmp_path / "stopped" / stage / BACKUP_FOLDER).exists()
    resumed = train("stopped", lambda *_: [])
    for name in ("float", "qat"):
        assert [row["epoch"] for row in resumed.history[name]] == [
            row["epoch"] for row in whole.history[name]
        ]
        for expected, found in zip(whole.history[name], resumed.history[name], strict=True):
            assert found["val_accuracy"] == pytest.approx(expected["val_accuracy"], abs=0.1)
            assert found["val_loss"] == pytest.approx(expected["val_loss"], rel=0.01)


def test_commands(command, small, positives, scored, tmp_path):
    columns = ("--text-pair-column", "other")
    task = ("--task", "sentence-embeddings")
    for folder, score, metric in (
        (positives, "accuracy", "recall_at_10"),
        (scored, "pearson", "spearman"),
    ):
        run, file = tmp_path / f"{score}-run", tmp_path / f"{score}.tflite"
        result = command("train", folder, "-o", run, *task, *columns, "--json", *small)
        assert np.isfinite(result[f"validation_{score}"]["float"])
        command("convert", run, "-o", file, "--json")
        metrics = command("evaluate", file, folder, *columns, "--json")
        assert metrics["examples"] == 60 and -1 <= metrics[metric] <= 1
        alone = command("evaluate", file, folder / "test.csv", *columns, "--json")
        assert alone == metrics
        assert f"{metric.replace('_', ' ')} " in command("evaluate", file, folder, *columns)
    found = command("verify", run, *columns, "--examples", 20, "--json")
    assert all(-1 <= row["spearman"] <= 1 for row in found["accuracy"])
    (vector,) = command("predict", file, "the cat", "--json")
    assert len(vector["embedding"]) == len(command("predict", file, "a", "--json")[0]["embedding"])


def test_both_orders_and_a_start_from_a_run(command, small, positive_run, positives, tmp_path):
    arguments = ("--text-pair-column", "other", "--pretrained", positive_run.folder)
    task = ("--task", "sentence-embeddings", "--both-orders", "--json")
    result = command("train", positives, "-o", tmp_path / "run", *task, *arguments, *small)
    assert result["validation_accuracy"]["float"] > 0.5


def test_what_pairs_do_not_allow_is_one_sentence(options, positives, scored, tmp_path):
    splits = load(positives)

    def refused(message, splits=splits, **fields):
        settings = dataclasses.replace(options, **fields)
        with pytest.raises(UserError, match=message):
            train_task(tmp_path / "run", SENTENCE_EMBEDDINGS, splits, settings)
        assert not (tmp_path / "run").exists()

    refused("train sentence-embeddings without one", teacher="all-minilm-l6-v2")
    refused("learns the vectors of a pair from whole ones", subword_dropout=0.1)
    same = SentenceDataset("flat", ["a"] * 9, text_pairs=["b"] * 9, scores=[3.0] * 9)
    refused("flat has the same score for each pair", SentenceDatasetSplits(same, same))
    assert monitor(SENTENCE_EMBEDDINGS) == "val_cosine"
    assert monitor(SENTENCE_EMBEDDINGS.training.task_for(load(scored))) == "val_pearson"


def test_scores_that_are_cosines_stay():
    def output(*scores):
        count = len(scores)
        part = SentenceDataset("x", ["a"] * count, text_pairs=["b"] * count, scores=list(scores))
        task = SENTENCE_EMBEDDINGS.training.task_for(SentenceDatasetSplits(part, part))
        return task.outputs["embeddings"]

    assert (output(0.2, 0.9).lowest, output(0.2, 0.9).highest) == (0, 1)
    assert output(-0.5, 0.5).cosines([-0.5]).tolist() == [-0.5]
    assert output(1, 5).cosines([1, 3, 5]).tolist() == [0, 0.5, 1]


def test_robustness(command, scored_run, scored, tmp_path):
    file = tmp_path / "scored.tflite"
    file.write_bytes(convert_run(scored_run))
    columns = ("--text-pair-column", "other")
    found = command(
        *("robustness", file, scored, *columns, "--noise", "drop", "--level", 0.5, "--json"),
    )
    assert found["models"] == ["int8 .tflite"] and list(found["scores"]) == ["spearman"]
    assert (
        found["noises"][0]["levels"][0]["spearman"]["int8 .tflite"] < found["clean"]["int8 .tflite"]
    )
    assert found["attacks"] == []
