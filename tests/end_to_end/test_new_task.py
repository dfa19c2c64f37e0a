"""A task with a new kind of output, in three files, goes through the whole pipeline."""

from __future__ import annotations

import csv
import random

import pytest
from rich.console import Console

from converters.conversion.runs import QAT_FILE, convert_run
from converters.experiments.run_verification import verify_run
from converters.inference.predictor import Predictor
from converters.reports.verification_report import print_report, write_report
from converters.runtime.interpreters import available_runtimes
from tests.end_to_end.text_number.model import SqueezeBertForTextNumber
from tests.end_to_end.text_number.predictor import TextNumberPredictor
from tests.end_to_end.text_number.task import TEXT_NUMBER
from tfsqueeze.tasks import TASKS, register_task
from tfsqueeze.training.train_task import train_task
from tfsqueeze.training.trained_run import load_run
from tfsqueeze.utils.errors import UserError

pytestmark = pytest.mark.slow

VALUES = {"one": 1, "two": 2, "three": 3}


@pytest.fixture(scope="module", autouse=True)
def registered():
    register_task(TEXT_NUMBER)
    yield
    del TASKS[TEXT_NUMBER.name]


@pytest.fixture(scope="module")
def splits(tmp_path_factory):
    """The number of a text is the first word's, less 2."""
    draw = random.Random(0)
    folder = tmp_path_factory.mktemp("numbers")
    for part, count in (("train", 240), ("val", 40), ("test", 40)):
        with (folder / f"{part}.csv").open("w", newline="", encoding="utf-8") as lines:
            table = csv.writer(lines)
            table.writerow(("text", "label"))
            for _ in range(count):
                word = draw.choice(list(VALUES))
                rest = draw.choices(["and", "so", "on"], k=draw.randint(1, 6))
                table.writerow((" ".join([word, *rest]), VALUES[word] - 2))
    return TEXT_NUMBER.data.load_splits(str(folder))


@pytest.fixture(scope="module")
def run(splits, options, tmp_path_factory):
    return train_task(tmp_path_factory.mktemp("number") / "run", TEXT_NUMBER, splits, options)


@pytest.fixture(scope="module")
def content(run):
    return convert_run(run)


def test_it_trains_and_loads(run):
    assert max(row["val_r2"] for row in run.history["qat"]) > 0.8
    loaded = load_run(run.folder)
    assert loaded.task is TEXT_NUMBER and isinstance(loaded.float_model, SqueezeBertForTextNumber)


def test_it_verifies_and_its_report_has_no_per_cent(run, splits, content, tmp_path):
    results = verify_run(run, {QAT_FILE: content}, splits.test)
    rows = results["accuracy"]
    assert {row["runtime"] for row in rows} == {"tensorflow", *available_runtimes()}
    for row in rows:
        assert row["mean_absolute_error"] < 0.4 and row["agreement_with_qat"] >= 0.95, row
    write_report({"title": "Numbers", **results}, tmp_path)
    report = (tmp_path / "report.md").read_text("utf-8")
    assert "Mean absolute error" in report
    assert f"{rows[0]['mean_absolute_error']:.2f} |" in report.replace("  ", " ")
    console = Console(width=200, record=True)
    print_report(results, console)
    assert "Mean absolute error" in console.export_text()


def test_it_predicts_and_evaluates(splits, content):
    predictor = Predictor.open(content)
    assert isinstance(predictor, TextNumberPredictor)
    numbers = predictor.predict(["one so on", "two and so", "three on"])
    assert numbers == pytest.approx([-1, 0, 1], abs=0.5)
    assert predictor.evaluate(splits.test)["mean_absolute_error"] < 0.4


def test_what_it_does_not_support_is_refused(splits, options, tmp_path):
    import dataclasses

    taught = dataclasses.replace(options, teacher=str(tmp_path))
    with pytest.raises(UserError, match="train text-number without one"):
        train_task(tmp_path / "run", TEXT_NUMBER, splits, taught)
    with pytest.raises(UserError, match="there is a task text-number already"):
        register_task(TEXT_NUMBER)
