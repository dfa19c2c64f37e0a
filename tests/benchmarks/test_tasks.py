"""`python -m benchmarks tasks`: from data to tables, and on where it was interrupted."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks.cli import app
from benchmarks.tasks import run as tasks_run
from benchmarks.tasks.measured_data import divide
from benchmarks.tasks.noise import noise_scores
from benchmarks.tasks.report import task_sections, write_tasks
from benchmarks.tasks.run import Choices, measure_task
from benchmarks.tasks.settings import TASKS
from tfsqueeze.configs.presets import load_preset
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.models.squeezebert import SqueezeBertModel
from tfsqueeze.tokenizers.vocabulary import train_vocabulary
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.utils.errors import UserError

REPOSITORY = Path(__file__).resolve().parents[2]

ANIMALS, FOOD = "cat dog horse cow sheep goat".split(), "bread cheese apple soup rice cake".split()
CITIES = "Berlin Paris London Rome Oslo Lima".split()


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Small data in the folders and formats of the real ones."""
    draw = random.Random(0)
    folder = tmp_path_factory.mktemp("data")

    def text(words):
        return " ".join(draw.choices(words, k=draw.randint(3, 6)))

    (folder / "clinc150").mkdir()
    for part, count in (("train", 120), ("val", 40)):
        (folder / "clinc150" / f"{part}.tsv").write_text(
            "".join(
                f"{name}\t{text(words)}\n"
                for _ in range(count // 2)
                for name, words in (("animals", ANIMALS), ("food", FOOD))
            )
        )
    (folder / "clinc150" / "oos_val.tsv").write_text("oos\tzzz qqq xxx\noos\tvvv www\n")
    for language in ("de", "en", "fr", "nl"):
        (folder / "wikiann" / language).mkdir(parents=True)
        for part, count in (("train", 30), ("dev", 10)):
            (folder / "wikiann" / language / f"{part}.conll").write_text(
                "\n\n".join(
                    f"{language}:{draw.choice(ANIMALS)}\tO\n{language}:{draw.choice(CITIES)}\tB-LOC"
                    for _ in range(count)
                )
                + "\n"
            )
    return folder


@pytest.fixture(scope="module")
def backbone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("backbone")
    tokenizer = WordPieceTokenizer(
        train_vocabulary([" ".join(ANIMALS + FOOD + CITIES)] * 10, vocab_size=200), max_length=16
    )
    SqueezeBertModel(
        load_preset(
            "squeezebert-micro",
            hidden_size=32,
            num_attention_heads=2,
            intermediate_size=64,
            num_hidden_layers=1,
            hidden_dropout_prob=0.0,
            vocab_size=tokenizer.vocab_size,
            max_position_embeddings=16,
        )
    ).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.benchmarks
def test_tables_from_the_command(data, backbone, tmp_path):
    arguments = [
        "tasks",
        "--task",
        "clinc-oos",
        "--task",
        "wikiann",
        "--data",
        data,
        "--seeds",
        1,
        "--pretrained",
        backbone,
        "--epochs",
        10,
        "--qat-epochs",
        0,
        "--length",
        16,
        "--learning-rate",
        0.01,
        "--batch-size",
        8,
        "--output-folder",
        tmp_path,
        "--json",
    ]
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    assert printed == json.loads((tmp_path / "tasks.json").read_text())
    intents, entities = printed["runs"]
    assert intents["examples"] == {"train": 108, "validation": 12, "test": 40}
    rows = {(row["model"], row["precision"]): row["scores"] for row in intents["rows"]}
    assert set(rows) == {
        ("tf-idf + logistic regression", None),
        ("SqueezeBERT", "float32"),
        ("SqueezeBERT", "int8"),
    }
    for scores in rows.values():
        assert scores["accuracy"]["mean"] > 0.8
        assert 0 <= scores["auroc"]["mean"] <= 1 and scores["auroc"]["spread"] is None
    rows = {row["model"]: row["scores"] for row in entities["rows"] if row["precision"] != "int8"}
    assert set(rows) == {"4 conditional random fields", "SqueezeBERT"}
    for scores in rows.values():
        assert all(scores[f"f1_{language}"]["mean"] > 0.7 for language in ("de", "en", "fr", "nl"))
    table = " ".join((tmp_path / "tasks.md").read_text().split())
    assert "| SqueezeBERT, int8 |" in table and "CLINC-150" in table
    assert (tmp_path / "tasks.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_tables_of_other_tasks_stay(tmp_path):
    kept = json.loads((REPOSITORY / "benchmarks/results/tasks.json").read_text("utf-8"))["runs"]
    first, *others = kept
    write_tasks(kept, {}, tmp_path)
    write_tasks([first | {"seeds": 9}], {}, tmp_path)
    written = json.loads((tmp_path / "tasks.json").read_text("utf-8"))["runs"]
    assert written == [*others, first | {"seeds": 9}]


@pytest.mark.benchmarks
def test_noise_is_measured_and_seeds_go_on_where_they_were(data, backbone, tmp_path, monkeypatch):
    choices, said = (
        Choices(
            {
                "pretrained": str(backbone),
                "epochs": 1,
                "qat_epochs": 0,
                "max_length": 16,
                "learning_rate": 0.01,
            }
        ),
        [],
    )
    first = measure_task("noise", data, tmp_path, seeds=1, choices=choices, announce=said.append)
    assert said == [
        "noise: tfidf",
        "noise, seed 0: SqueezeBERT",
        "noise, seed 0: SqueezeBERT, noisy copies",
        "noise, seed 0: SqueezeBERT, attacked texts",
    ]
    for row in first["rows"]:
        scores = {name: score["mean"] for name, score in row["scores"].items()}
        assert scores["lost"] == pytest.approx(scores["clean"] - scores["noisy"])
        assert 0 <= scores["deepwordbug"] <= 1 and 0 <= scores["textfooler"] <= 1
    monkeypatch.setattr(tasks_run, "_train_and_measure", lambda *_: pytest.fail("done again"))
    assert measure_task("noise", data, tmp_path, seeds=1, choices=choices) == first
    # Of a second seed as if it had been measured.
    shutil.copytree(tmp_path / "noise" / "seed-0", tmp_path / "noise" / "seed-1")
    second = measure_task("noise", data, tmp_path, seeds=2, choices=choices)
    assert second["rows"][1]["scores"]["clean"]["spread"] == 0
    (section,) = task_sections([second])
    assert " ± 0.00" in section.rows[1][1] and "±" not in section.rows[0][1]
    with pytest.raises(UserError, match="holds a run with other options"):
        measure_task("noise", data, tmp_path, choices=Choices({"pretrained": str(backbone)}))


def test_attacks_count_what_their_edits_turn():
    texts = TextDataset("two", ["bread", "cat"], labels=["food", "animals"])

    def predict(texts):
        """Any edit of "bread" is no food; no edit of "cat" is any."""
        return np.array([[text != "bread", text == "bread"] for text in texts], np.float64)

    scores = noise_scores(predict, ["animals", "food"], texts)
    assert (scores["clean"], scores["deepwordbug"], scores["textfooler"]) == (1, 0.5, 0.5)
    assert "deepwordbug" not in noise_scores(predict, ["food", "animals"], texts)


@pytest.mark.benchmarks
def test_a_teacher_has_a_row_and_a_pupil(data, backbone, tmp_path):
    choices = Choices(
        {
            "pretrained": str(backbone),
            "epochs": 10,
            "qat_epochs": 0,
            "max_length": 16,
            "learning_rate": 0.01,
            "batch_size": 8,
        },
        teacher=str(backbone),
    )
    result = measure_task("clinc-oos", data, tmp_path, seeds=1, choices=choices)
    assert [(row["model"], row["precision"]) for row in result["rows"][3:]] == [
        ("teacher", "float32"),
        ("teacher", "int8"),
        ("SqueezeBERT, taught", "float32"),
        ("SqueezeBERT, taught", "int8"),
    ]
    assert result["rows"][5]["scores"]["accuracy"]["mean"] > 0.8
    (kept,) = (tmp_path / "clinc-oos" / "seed-0" / "SqueezeBERT, taught" / "teacher").iterdir()
    assert (kept / "progress.json").exists()


def test_a_trial_takes_fewer_examples(data):
    train, validation, test = divide(TASKS["wikiann"], data, 0, 20)
    assert len(train) + len(validation) == 20 and len(test) == 20
    assert set(test.tag_names()) <= set(train.tag_names())


@pytest.mark.parametrize("name", TASKS)
def test_the_real_data_are_there(name, shared_dir):
    if name in ("wikiann", "answers"):
        pytest.skip("takes minutes to read; the parts are tested with the reader")
    train, validation, test = divide(TASKS[name], shared_dir / "data", 1, None)
    assert len(train) > 700 and len(validation) > 80 and len(test) > 200


def test_an_unknown_table_is_one_line(data, tmp_path):
    result = CliRunner().invoke(
        app, ["tasks", "--task", "poetry", "--data", str(data), "--output-folder", str(tmp_path)]
    )
    assert result.exit_code == 1 and "'poetry' is not one of 'wikiann'" in result.stderr
    with pytest.raises(UserError, match="there is no table of 'poetry'; choose some of wikiann"):
        measure_task("poetry", data, tmp_path)
