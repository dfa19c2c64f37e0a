"""Pairs of texts through the whole pipeline."""

from __future__ import annotations

import numpy as np
import pytest

from converters.conversion.runs import QAT_FILE, convert_ptq_baselines, convert_run
from converters.experiments.run_verification import verify_run
from converters.inference.text_classification_predictor import TextClassificationPredictor
from converters.runtime.interpreters import available_runtimes, open_model
from converters.tflite.metadata import read_metadata
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.tasks import TEXT_CLASSIFICATION
from tfsqueeze.training.train_task import train_task
from tfsqueeze.training.trained_run import load_run
from tfsqueeze.utils.errors import UserError


@pytest.fixture(scope="module")
def splits(pairs_folder):
    return load_dataset(pairs_folder, text_pair_column="other")


@pytest.fixture(scope="module")
def run(splits, options, tmp_path_factory):
    return train_task(
        tmp_path_factory.mktemp("pairs") / "run",
        TEXT_CLASSIFICATION,
        splits,
        options,
        dataset_name=splits.train.name,
    )


@pytest.fixture(scope="module")
def content(run):
    return convert_run(run)


def test_the_second_text_is_learnt(run, splits):
    assert run.reads_pairs and run.task is TEXT_CLASSIFICATION
    assert max(row["val_accuracy"] for row in run.history["qat"]) > 0.9
    loaded = load_run(run.folder)
    rows = loaded.task.encode(loaded.tokenizer, splits.test)
    inputs = rows.select(loaded.float_model.input_names)
    assert list(inputs) == ["input_ids", "token_type_ids"]
    np.testing.assert_array_equal(
        loaded.qat_model.predict(inputs, verbose=0), run.qat_model.predict(inputs, verbose=0)
    )


def test_the_runtimes_agree_with_keras(run, splits, content, assert_agrees):
    assert_agrees(verify_run(run, {QAT_FILE: content}, splits.test), "accuracy", 0.85)


def test_the_file_tells_the_two_texts_apart(content):
    assert read_metadata(content).pairs
    for runtime in available_runtimes():
        classifier = TextClassificationPredictor.open(content, runtime)
        firsts, seconds = ["cat dog", "soup rice cake"], ["soup rice", "cow goat"]
        assert [p.label for p in classifier.predict(firsts, seconds)] == ["food", "animals"]
        assert [p.label for p in classifier.predict(seconds, firsts)] == ["animals", "food"]


def test_a_file_of_several_lengths(run, content):
    merged = TextClassificationPredictor.open(convert_run(run, [8, 16]))
    firsts, seconds = ["cat", "cat dog horse cow sheep"], ["rice", "soup rice cake bread apple"]
    for pair in zip(firsts, seconds, strict=True):
        (short,) = merged.predict([pair[0]], [pair[1]])
        assert short.label == "food"


def test_float_and_post_training_files_take_pairs(run, splits):
    rows = TEXT_CLASSIFICATION.encode(run.tokenizer, splits.train)
    inputs = rows.take(32).select(run.float_model.input_names)
    files = convert_ptq_baselines(run, inputs)
    expected = run.float_model.predict(inputs, verbose=0)
    np.testing.assert_allclose(
        open_model(files["float32"]).predict_logits(inputs), expected, atol=1e-4
    )
    assert len(files) == 4


def test_unfit_data_is_refused(run, splits, content, options, tmp_path):
    single = TextDataset("single", splits.test.texts, labels=splits.test.labels)
    with pytest.raises(UserError, match="single has no second texts"):
        verify_run(run, {QAT_FILE: content}, single)
    classifier = TextClassificationPredictor.open(content)
    with pytest.raises(UserError, match="has no second texts"):
        classifier.evaluate(single)
    with pytest.raises(UserError, match="is for pairs of texts"):
        classifier.predict(["cat"])
    without = type(splits)(
        *(
            TextDataset(part.name, part.texts, labels=part.labels)
            for part in (splits.train, splits.validation)
        )
    )
    with pytest.raises(UserError, match="holds a run with other pairs"):
        train_task(run.folder, TEXT_CLASSIFICATION, without, options)


def test_commands(command, run, content, pairs_folder, tmp_path):
    file = tmp_path / "pairs.tflite"
    file.write_bytes(content)
    metrics = command("evaluate", file, pairs_folder, "--text-pair-column", "other", "--json")
    assert metrics["accuracy"] > 0.85
    predicted = command("predict", file, "cat dog", "--text-pair", "soup rice", "--json")
    assert predicted == command("predict", file, "--json", stdin="cat dog\tsoup rice\n")
    assert predicted[0]["label"] == "food"
    assert "soup rice" in command("predict", file, "cat dog", "--text-pair", "soup rice")
    assert (
        "--text-pair once for each"
        in command("predict", file, "a", "b", "--text-pair", "c", fails=True)[0]
    )
    # The column has a usual name.
    assert command("evaluate", file, pairs_folder, "--json") == metrics
    command("export", run.folder, "--target", "micro", "--runtime", "c", "-o", tmp_path / "c")
    assert (tmp_path / "c" / "tfsqueeze.h").exists()


def test_robustness(command, content, pairs_folder, tmp_path):
    file = tmp_path / "pairs.tflite"
    file.write_bytes(content)

    def measure(changed_texts):
        return command(
            *("robustness", file, pairs_folder, "--texts", 20, "--noise", "drop", "--level", 0.5),
            *("--attack", "deepwordbug", "--max-changed", 1, "--changed-texts", changed_texts),
            "--json",
        )

    first, second = measure("first"), measure("second")
    assert first["models"] == ["int8 .tflite", "TF-IDF + logistic regression"]
    assert first["kind"]["noun"] == "pair" and first["clean"]["int8 .tflite"] > 0.8
    lost = [
        found["clean"]["int8 .tflite"] - found["noises"][0]["levels"][0]["accuracy"]["int8 .tflite"]
        for found in (first, second)
    ]
    # The label is the topic of the second text.
    assert lost[0] < 0.15 < lost[1]
    rates = [found["attacks"][0]["success_rate"] for found in (first, second)]
    assert rates[0] < rates[1] and first["attacks"][0]["model"] == "int8 .tflite"
    changed = measure("both")["attacks"][0]["results"]
    assert all(row["adversarial"].count(" | ") == 1 for row in changed)
    assert max(row["words"] for row in changed) > max(
        row["words"] for row in second["attacks"][0]["results"]
    )
