"""A number for a text, and for a pair of texts, through the whole pipeline."""

from __future__ import annotations

import csv
import dataclasses
import json
import random

import numpy as np
import pytest

from converters.conversion.runs import QAT_FILE, convert_run
from converters.experiments.run_verification import verify_run
from converters.inference.predictor import Predictor
from converters.runtime.interpreters import available_runtimes
from converters.tflite.inspection import require_int8
from converters.tflite.metadata import read_metadata
from tests.end_to_end.conftest import FILLERS
from tfsqueeze.tasks import REGRESSION
from tfsqueeze.training.keras_outputs import keras_outputs
from tfsqueeze.training.train_task import train_task
from tfsqueeze.training.trained_run import load_run
from tfsqueeze.utils.errors import UserError

pytestmark = pytest.mark.slow

VALUES = {"awful": -40.0, "poor": -20.0, "fair": 0.0, "good": 20.0, "superb": 40.0}
MEAN = 1000.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The number of a text is 1000 and the value of each word of praise or blame."""
    draw = random.Random(0)
    folder = tmp_path_factory.mktemp("numbers")
    for part, count in (("train", 320), ("val", 60), ("test", 60)):
        with (folder / f"{part}.csv").open("w", newline="", encoding="utf-8") as lines:
            table = csv.writer(lines)
            table.writerow(("text", "other", "price"))
            for _ in range(count):
                words = draw.choices(list(VALUES), k=2)
                number = MEAN + sum(VALUES[word] for word in words)
                fillers = draw.choices(FILLERS, k=draw.randint(1, 3))
                table.writerow((" ".join([*fillers, *words]), "the price", number))
    return folder


@pytest.fixture(scope="module")
def splits(folder):
    return REGRESSION.data.load_splits(str(folder), label_column="price")


@pytest.fixture(scope="module")
def run(folder, splits, options, tmp_path_factory):
    return train_task(
        tmp_path_factory.mktemp("numbers") / "run",
        REGRESSION,
        splits,
        options,
        dataset_name=str(folder),
    )


@pytest.fixture(scope="module")
def content(run):
    return convert_run(run)


def test_the_number_is_learnt(run, splits):
    assert max(row["val_r2"] for row in run.history["qat"]) > 0.9
    config = json.loads((run.folder / "config.json").read_text())
    assert (config["problem_type"], len(config["id2label"])) == ("regression", 1)
    numbers = splits.train.numbers()
    assert run.decoding == {"mean": numbers.mean(), "scale": numbers.std()}
    loaded = load_run(run.folder)
    assert loaded.decoding == run.decoding and loaded.label_names == []
    assert loaded.task.outputs["logits"].mean == numbers.mean()


def test_the_runtimes_agree_with_keras(run, splits, content, assert_agrees):
    require_int8(content, allow_float_output=False)
    results = verify_run(run, {QAT_FILE: content}, splits.test)
    assert_agrees(results, "r2", 0.85)
    for row in results["accuracy"]:
        assert min(row["pearson"], row["spearman"]) > 0.9, row
        assert row["mean_absolute_error"] < 10, row


def test_the_file_alone_tells_the_number(run, splits, content):
    metadata = read_metadata(content)
    assert (metadata.labels, metadata.decoding) == ([], run.decoding)
    for runtime in available_runtimes():
        predictor = Predictor.open(content, runtime)
        found = predictor.predict(["seen superb superb", "was fair fair", "old awful awful"])
        numbers = [one.number for one in found]
        assert numbers == pytest.approx([MEAN + 80, MEAN, MEAN - 80], abs=25)
        assert predictor.evaluate(splits.test)["r2"] > 0.85
    mobile = Predictor.open(convert_run(run, [8, 16], profile="mobile"))
    (mobile_number, *_) = mobile.predict(["seen superb superb"])
    assert mobile_number.number == pytest.approx(numbers[0], abs=15)


def test_pairs_have_numbers_too(command, small, folder, tmp_path):
    columns = ("--text-pair-column", "other", "--label-column", "price")
    task = ("--task", "regression")
    result = command("train", folder, "-o", tmp_path / "run", *task, *columns, "--json", *small)
    assert np.isfinite(result["validation_r2"]["float"])
    file = tmp_path / "pairs.tflite"
    command("convert", tmp_path / "run", "-o", file, "--json")
    (found,) = command("predict", file, "good", "--text-pair", "the price", "--json")
    assert set(found) == {"text", "number"} and abs(found["number"] - MEAN) < 200
    metrics = command("evaluate", file, folder, *columns, "--json")
    assert metrics["examples"] == 60


def test_commands(command, run, content, folder, tmp_path):
    file = tmp_path / "numbers.tflite"
    file.write_bytes(content)
    metrics = command("evaluate", file, folder, "--label-column", "price", "--json")
    assert metrics["r2"] > 0.85
    assert "mean absolute error" in command("evaluate", file, folder, "--label-column", "price")
    (found,) = command("predict", file, "superb good", "--json")
    assert found["number"] == pytest.approx(MEAN + 60, abs=25)
    assert f"{found['number']:.6g}" in command("predict", file, "superb good")
    options = ("--label-column", "price", "--examples", 20)
    assert "R2" in command("verify", run.folder, *options)
    facts = command("export", run.folder, "--target", "android", "-o", tmp_path / "app", "--json")
    exported = Predictor.open(tmp_path / "app" / facts["files"][0]["name"])
    assert exported.metadata.decoding == run.decoding
    assert exported("superb good").number == pytest.approx(MEAN + 60, abs=25)


def test_bad_numbers_are_one_sentence(command, folder, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("text,label\na,1.5\nb,much\n")
    run = tmp_path / "run"
    refused = command("train", path, "-o", run, "--task", "regression", fails=True)
    assert refused == [f'error: {path}:3: the label "much" is not a finite number']
    path.write_text("text,label\n" + "a,2\n" * 40)
    refused = command("train", path, "-o", run, "--task", "regression", fails=True)
    assert "bad.csv has the same number for each text" in refused[0]
    path.write_text("text,label\n" + "".join(f"a {i},{i / 7:.3f}\n" for i in range(40)))
    task = ("--task", "text-classification")
    refused = command("train", path, "-o", run, *task, fails=True)
    assert "the labels are numbers, such as '0.143'; train with --task regression" in refused[0]


def test_a_run_without_its_scale_is_refused(run, tmp_path):
    for path in run.folder.iterdir():
        if path.name != "decoding.json":
            (tmp_path / path.name).symlink_to(path)
    (tmp_path / "decoding.json").write_text('{"mean": 1.0, "scale": -2.0}')
    with pytest.raises(UserError, match="mean and scale must be finite numbers, and scale above 0"):
        load_run(tmp_path)


def test_a_run_that_starts_from_it_keeps_the_head_and_its_scale(run, splits, options, tmp_path):
    # Other data, whose mean and scale are not those of the head.
    some = splits.train.take([row for row, x in enumerate(splits.train.numbers()) if x > MEAN])
    others = dataclasses.replace(splits, train=some)
    settings = dataclasses.replace(options, pretrained=str(run.folder), epochs=0, qat_epochs=0)
    second = train_task(tmp_path / "run", REGRESSION, others, settings)
    assert second.decoding == run.decoding
    inputs = REGRESSION.encode(run.tokenizer, splits.test).select(("input_ids",))
    logits = [keras_outputs(each.float_model, REGRESSION, inputs) for each in (run, second)]
    np.testing.assert_allclose(logits[0]["logits"], logits[1]["logits"], atol=1e-5)


def test_a_student_learns_from_a_teacher_of_another_scale(run, splits, options, tmp_path):
    some = splits.train.take([row for row, x in enumerate(splits.train.numbers()) if x > MEAN])
    others = dataclasses.replace(splits, train=some)
    unlabelled = tmp_path / "texts.txt"
    unlabelled.write_text("".join(f"{text} again\n" for text in splits.train.texts), "utf-8")
    settings = dataclasses.replace(
        options, teacher=str(run.folder), unlabelled=(str(unlabelled),), qat_epochs=0
    )
    taught = train_task(tmp_path / "run", REGRESSION, others, settings)
    assert taught.decoding != run.decoding
    # Numbers below the mean are known to the teacher alone.
    assert max(row["val_r2"] for row in taught.history["float"]) > 0.85


def test_robustness(command, content, folder, tmp_path):
    file = tmp_path / "price.tflite"
    file.write_bytes(content)

    def measure(*arguments, **options):
        column = ("--label-column", "price")
        return command("robustness", file, folder, *column, *arguments, **options)

    found = measure("--texts", 30, "--noise", "drop", "--level", 0.5, "--json")
    assert found["models"] == ["int8 .tflite", "TF-IDF + ridge regression"]
    for score in ("spearman", "pearson"):
        for model in found["models"]:
            assert found["noises"][0]["levels"][0][score][model] < found["scores"][score][model]
    assert found["attacks"] == [] and "regression are neither right nor wrong" in found["notes"][0]
    refusal = "the predictions of regression are neither right nor wrong"
    assert refusal in measure("--attack", "deepwordbug", fails=True)[0]
    assert "neither a noise nor an attack" in measure("--noise", "none", fails=True)[0]
