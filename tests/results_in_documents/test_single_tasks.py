"""The figures of single tasks in docs/results.md are those of tasks.json."""

from __future__ import annotations

import math

import pytest

from converters.reports.formatting import decimals, percentage, with_spread
from tests.results_in_documents.documents import figures, result, rows_of_table

PAGE = "docs/results.md"
NOISE = ("clean", "noisy", "lost", "deepwordbug", "textfooler")


@pytest.fixture(scope="module")
def tasks():
    return {run["task"]: run for run in result("tasks")["runs"]}


def text_of(score, write):
    return with_spread(score["mean"], score["spread"], write) if score else ""


@pytest.mark.parametrize("task", ["clinc-oos", "noise", "wikiann"])
def test_seeds(tasks, task):
    found = figures(PAGE, rf"benchmarks tasks --task {task} --seeds (\d+)`")
    assert found == (str(tasks[task]["seeds"]),)


def test_noise(tasks):
    expected = {
        row["model"].lower(): [percentage(row["scores"][name]["mean"]) + " %" for name in NOISE]
        for row in tasks["noise"]["rows"]
        if row["precision"] != "float32"
    }
    found = rows_of_table(PAGE, "int8", "clean", "noisy")
    assert {title.lower(): cells for title, *cells in found} == expected


def test_noise_in_float32(tasks):
    scores = {(row["model"], row["precision"]): row["scores"] for row in tasks["noise"]["rows"]}
    most = max(
        abs(scores[model, "float32"][name]["mean"] - scores[model, "int8"][name]["mean"])
        for model, precision in scores
        if precision == "int8"
        for name in NOISE
    )
    expected = (str(math.ceil(1000 * most) / 10),)
    assert figures(PAGE, r"In float32 the three models are within (\S+) points") == expected


def test_options_of_attacked_texts(tasks):
    options = tasks["noise"]["options"]["SqueezeBERT, attacked texts"]
    assert (options["augmented_copies"], options["replaced_words"]) == (3, 0.5)
    assert (options["adversarial_rounds"], options["noise_level"]) == (1, 0.2)
    pattern = (
        r"have twice the noise\. .*? \(`--subword-dropout (\S+)`\), from three variants .*? "
        r"replace half of the words, and from its (\S+) texts under both attacks, in one round"
    )
    expected = (str(options["subword_dropout"]), f"{options['adversarial_texts']:,}")
    assert figures(PAGE, pattern) == expected


def test_texts_out_of_scope(tasks):
    measured = f"{tasks['clinc-oos']['examples']['test']:,}"
    assert figures(PAGE, r"is measured on the (\S+) validation texts") == (measured,)
    columns = (
        ("auroc", lambda value: decimals(value, 3), ""),
        ("energy_auroc", lambda value: decimals(value, 3), ""),
        ("accuracy", percentage, " %"),
        ("expected_calibration_error", percentage, " %"),
    )
    expected = []
    for row in tasks["clinc-oos"]["rows"]:
        texts = ((text_of(row["scores"].get(name), write), unit) for name, write, unit in columns)
        expected.append([text and text + unit for text, unit in texts])
    found = rows_of_table(PAGE, "", "AUROC, probability", "AUROC, energy")
    assert [title for title, *_ in found] == ["TF-IDF + logistic regression", "float32", "int8"]
    assert [cells for _, *cells in found] == expected


def test_entities_in_four_languages(tasks):
    languages = ("de", "en", "fr", "nl")
    expected = [
        [text_of(row["scores"][f"f1_{language}"], percentage) for language in languages]
        for row in tasks["wikiann"]["rows"]
    ]
    found = rows_of_table(PAGE, "F1 of entities in percent", *languages)
    titles = ["conditional random field, one for each language", "float32", "int8"]
    assert [title for title, *_ in found] == titles
    assert [cells for _, *cells in found] == expected
