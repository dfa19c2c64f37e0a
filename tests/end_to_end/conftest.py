"""Tiny data of each task that a few steps of training tell apart."""

from __future__ import annotations

import csv
import dataclasses
import json
import random

import pytest

TOPICS = {
    "animals": "cat dog horse cow sheep goat".split(),
    "food": "bread cheese apple soup rice cake".split(),
}
FIRST_NAMES = "Ada Alan Grace Emmy Kurt Noam".split()
LAST_NAMES = "Lovelace Turing Hopper Noether Godel Chomsky".split()
CITIES = "Berlin Paris London Rome Oslo Lima".split()
FILLERS = "was seen near the old in with a by today".split()
GENRES = ["jazz", "rock", "soul", "hip hop", "folk"]


@pytest.fixture(scope="session")
def options(tiny_options):
    """Settings of a run that takes seconds."""
    return dataclasses.replace(
        tiny_options, epochs=6, patience=6, model={**tiny_options.model, "num_hidden_layers": 1}
    )


@pytest.fixture(scope="session")
def pairs_folder(made_once):
    """The label is the topic of the second text; the first, of the other topic, misleads."""
    return made_once("pairs", _write_pairs)


def _write_pairs(folder):
    draw = random.Random(0)
    folder.mkdir()
    for part, count in (("train", 240), ("val", 40), ("test", 40)):
        with (folder / f"{part}.csv").open("w", newline="", encoding="utf-8") as lines:
            table = csv.writer(lines)
            table.writerow(("text", "other", "label"))
            for index in range(count):
                label, misleading = draw.sample(list(TOPICS), 2) if index % 2 else list(TOPICS)
                first, second = (
                    " ".join(draw.choices(TOPICS[topic], k=draw.randint(1, 5)))
                    for topic in (misleading, label)
                )
                table.writerow((first, second, label))


@pytest.fixture(scope="session")
def conll_folder(made_once):
    """Names of people, of one or two words, and of cities."""
    return made_once("conll", _write_conll)


def _write_conll(folder):
    draw = random.Random(0)
    folder.mkdir()
    for part, count in (("train", 160), ("dev", 30), ("test", 30)):
        sentences = []
        for _ in range(count):
            lines = []
            for _ in range(draw.randint(2, 4)):
                kind = draw.choice(("person", "city", "filler", "filler"))
                if kind == "person":
                    lines.append(f"{draw.choice(FIRST_NAMES)}\tB-PER")
                    if draw.random() < 0.7:
                        lines.append(f"{draw.choice(LAST_NAMES)}\tI-PER")
                    lines.append("was\tO")
                elif kind == "city":
                    lines.append(f"{draw.choice(CITIES)}\tB-LOC")
                else:
                    lines.append(f"{draw.choice(FILLERS)}\tO")
            sentences.append("\n".join(lines))
        (folder / f"{part}.conll").write_text("\n\n".join(sentences) + "\n")


@pytest.fixture(scope="session")
def snips_folder(made_once):
    """Two intents with a slot each, as SNIPS' files have them."""
    return made_once("snips", _write_snips)


def _write_snips(folder):
    draw = random.Random(0)
    folder.mkdir()
    verbs = {
        "PlayMusic": ["play me some", "put on", "i want"],
        "GetWeather": ["weather in", "will it rain near", "forecast for"],
    }
    for intent, starts in verbs.items():
        slot, values = ("genre", GENRES) if intent == "PlayMusic" else ("city", CITIES)
        commands = [
            {
                "data": [
                    {"text": draw.choice(starts) + " "},
                    {"text": draw.choice(values), "entity": slot},
                    {"text": draw.choice(["", " now", " please"])},
                ]
            }
            for _ in range(120)
        ]
        (folder / f"{intent}.json").write_text(json.dumps({intent: commands}))


@pytest.fixture(scope="session")
def squad_folder(made_once):
    """Who or where is in a text: at most one of each; an eighth have no answer."""
    return made_once("squad", _write_squad)


def _write_squad(folder):
    draw = random.Random(0)
    folder.mkdir()
    kinds = {
        "who": lambda: f"{draw.choice(FIRST_NAMES)} {draw.choice(LAST_NAMES)}",
        "where": lambda: draw.choice(CITIES),
    }
    for part, count in (("train", 320), ("dev", 40), ("test", 40)):
        articles = []
        for index in range(count):
            words = {kind: name() for kind, name in kinds.items()}
            asked = draw.choice(list(kinds))
            if index % 8 == 0:
                del words[asked]
            # Some texts are longer than a window.
            fillers = draw.choices(FILLERS, k=draw.choice((1, 2, 3, 16)))
            pieces = [*words.values(), *fillers]
            draw.shuffle(pieces)
            context = " ".join(pieces) + "."
            answers = (
                [{"text": words[asked], "answer_start": context.index(words[asked])}]
                if asked in words
                else []
            )
            articles.append(
                {
                    "paragraphs": [
                        {
                            "context": context,
                            "qas": [
                                {
                                    "id": f"{part}{index}",
                                    "question": f"{asked}?",
                                    "is_impossible": not answers,
                                    "answers": answers,
                                }
                            ],
                        }
                    ]
                }
            )
        (folder / f"{part}.json").write_text(json.dumps({"data": articles}))


@pytest.fixture(scope="session")
def assert_agrees():
    """A function that holds the rows of a verification against what int8 promises."""
    from converters.conversion.runs import QAT_FILE
    from converters.runtime.interpreters import available_runtimes

    def check(results, score, least):
        rows = results["accuracy"]
        assert {(row["runtime"], row["kernels"]) for row in rows if row["model"] == QAT_FILE} == {
            (runtime, kernels)
            for runtime in available_runtimes()
            for kernels in ("default", "reference")
        }
        assert [row["model"] for row in rows[:2]] == ["Keras float", "Keras QAT"]
        for row in rows:
            assert row[score] >= least, row
            assert row["agreement_with_qat"] >= 0.95, row
            if row["model"] == QAT_FILE:
                assert row["logit_error_mean"] < 2 and row["logit_error_max"] < 10, row
        assert rows[1]["agreement_with_qat"] == 1.0
        for operator in results["operators"]:
            assert set(operator["outputs"]) <= {"int8", "int32"}

    return check


@pytest.fixture(scope="session")
def command():
    """Runs a command of the command line in this process; returns what `--json` prints."""
    from typer.testing import CliRunner

    from tfsqueeze.cli.main import app

    def invoke(*arguments, stdin=None, fails=False):
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)
        assert result.exit_code == int(fails), result.output
        if fails:
            return [line for line in result.stderr.splitlines() if not line.startswith("> ")]
        return json.loads(result.stdout) if "--json" in arguments else result.stdout

    return invoke


@pytest.fixture(scope="session")
def small():
    """The command line's options for a run that takes seconds."""
    return (
        "--preset",
        "squeezebert-micro",
        "--max-length",
        16,
        "--vocab-size",
        200,
        "--learning-rate",
        0.01,
        "--dropout",
        0,
        "--word-dropout",
        0,
        "--batch-size",
        16,
        "--epochs",
        1,
        "--qat-epochs",
        0,
    )
