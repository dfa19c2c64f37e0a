"""`python -m benchmarks tasks --suite`: cells, each made once, and the table of them."""

from __future__ import annotations

import dataclasses
import json
import random

import pytest
from typer.testing import CliRunner

from benchmarks.cli import app
from benchmarks.suite import cells as suite_cells
from benchmarks.suite.baselines import (
    PairClassifier,
    classical_predictions,
    majority_predictions,
    tfidf_cosines,
)
from benchmarks.suite.cells import SuiteChoices, make_cells
from benchmarks.suite.report import read_cells, suite_sections, write_suite
from benchmarks.suite.rows import ROWS
from benchmarks.tasks.measured_data import divide
from tfsqueeze.configs.presets import load_preset
from tfsqueeze.data.datasets.number_dataset import NumberDataset
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.models.squeezebert import SqueezeBertModel
from tfsqueeze.tokenizers.vocabulary import train_vocabulary
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.utils.errors import UserError

WORDS = "cat dog horse cow sheep goat bread cheese apple soup rice cake".split()


def _write_table(folder, draw, rows, *, names="text\tother\tlabel"):
    folder.mkdir(parents=True)
    for part, count in (("train", 120), ("dev", 40)):
        lines = [names, *("\t".join(rows(draw)) for _ in range(count))]
        (folder / f"{part}.tsv").write_text("\n".join(lines) + "\n")


def _paraphrase(draw):
    words = draw.sample(WORDS, 4)
    same = draw.random() < 0.6
    other = words[::-1] if same else draw.sample([x for x in WORDS if x not in words], 4)
    label = "paraphrase" if same else "not_paraphrase"
    return " ".join(words), " ".join(other), label


def _alike(draw):
    words, shared = draw.sample(WORDS, 5), draw.randint(0, 5)
    other = words[:shared] + draw.choices([x for x in WORDS if x not in words], k=5 - shared)
    return " ".join(words), " ".join(other), str(float(shared))


def _acceptable(draw):
    words = draw.choices(WORDS, k=4)
    good = draw.random() < 0.7
    return " ".join([*words, "indeed" if good else "not"]), "acceptable" if good else "unacceptable"


def _commands(draw, count):
    commands = {"fly": [], "eat": []}
    for _ in range(count):
        start, animal = draw.choice(["take ", "bring "]), draw.choice(WORDS[:6])
        pieces = [{"text": start}, {"text": animal, "entity": "animal"}, {"text": " along"}]
        commands["fly"].append({"data": pieces})
        commands["eat"].append({"data": [{"text": f"cook {draw.choice(WORDS[6:])} now"}]})
    return commands


def _questions(draw, name, count):
    paragraphs = []
    for row in range(count):
        words = draw.sample(WORDS, 4)
        context = f"{words[0]} {words[1]}. {words[2]} {words[3]}!"
        answer = {"text": words[3], "answer_start": context.index(words[3])}
        question = {"id": str(row), "question": f"{words[2]}?", "answers": [answer]}
        paragraphs.append({"context": context, "qas": [question]})
    return {"data": [{"title": name, "paragraphs": paragraphs}]}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Small data in the folders and formats of the real ones."""
    draw = random.Random(0)
    folder = tmp_path_factory.mktemp("data")
    _write_table(folder / "pairs" / "mrpc", draw, _paraphrase)
    _write_table(folder / "stsb" / "en", draw, _alike)
    _write_table(folder / "cola", draw, _acceptable, names="text\tlabel")
    (folder / "atis").mkdir()
    train, dev = _commands(draw, 40), _commands(draw, 10)
    dev["sleep"] = [{"data": [{"text": "good night"}]}]
    for part, commands in (("train", train), ("dev", dev)):
        (folder / "atis" / f"{part}.json").write_text(json.dumps(commands))
    for source in ("policyqa", "tweetqa", "qamr"):
        (folder / "qa" / source).mkdir(parents=True)
        for part, count in (("train", 30), ("dev", 10)):
            content = json.dumps(_questions(draw, source, count))
            (folder / "qa" / source / f"{part}.json").write_text(content)
    (folder / "xquad").mkdir()
    (folder / "xquad" / "en.json").write_text(json.dumps(_questions(draw, "x", 12)))
    return folder


@pytest.fixture(scope="module")
def made(data, tmp_path_factory):
    """The cells of both baselines of some rows."""
    folder = tmp_path_factory.mktemp("results") / "suite"
    choices = SuiteChoices(["cola", "mrpc", "stsb", "answers", "atis"], ["majority", "classical"])
    return folder, [
        path.relative_to(folder).as_posix() for path in make_cells(choices, data, folder)
    ]


def scores(rows, row, column):
    (found,) = [one for one in rows[row]["models"] if one["column"] == column]
    return {name: score["mean"] for name, score in found["scores"].items()}


def test_baselines_of_each_kind_of_data(made):
    folder, files = made
    # No answer is frequent.
    assert "answers/majority-0.json" not in files and len(files) == 9
    rows = read_cells(folder)
    assert rows["mrpc"]["examples"] == {"train": 108, "validation": 12, "test": 40}
    assert scores(rows, "cola", "majority") == {"matthews_correlation": 0.0}
    assert scores(rows, "cola", "classical") == {"matthews_correlation": 1.0}
    majority = scores(rows, "mrpc", "majority")
    share = majority["accuracy"]
    assert 0.4 < share < 0.8 and majority["f1_paraphrase"] == pytest.approx(2 * share / (1 + share))
    # The order of words hides nothing from the overlap.
    assert scores(rows, "mrpc", "classical")["accuracy"] > 0.9
    assert scores(rows, "stsb", "majority") == {"pearson": 0.0, "spearman": 0.0}
    assert scores(rows, "stsb", "classical")["spearman"] > 0.9
    answers = scores(rows, "answers", "classical")
    # Of two words one is right, in each source.
    expected = {"f1": 2 / 3, "exact_match": 0.0}
    expected |= {f"f1_{source}": 2 / 3 for source in ("xquad", "policyqa", "tweetqa")}
    assert answers == pytest.approx(expected)
    assert scores(rows, "atis", "majority") == {
        "intent_accuracy": 0.5,
        "slot_f1": 0.0,
        "frame_accuracy": 0.5,
    }
    assert scores(rows, "atis", "classical")["frame_accuracy"] == 1.0
    # The command of an intent that train lacks is left out.
    assert rows["atis"]["examples"]["test"] == 20
    # qamr is learned from and not measured.
    assert rows["answers"]["examples"]["test"] == 12 + 2 * 10
    assert rows["answers"]["examples"]["train"] + rows["answers"]["examples"]["validation"] == 90


def test_a_cell_is_made_once(made, data, monkeypatch):
    folder, files = made
    monkeypatch.setattr(suite_cells, "divide", lambda *_: pytest.fail("made again"))
    choices = SuiteChoices(["cola", "mrpc"], ["majority", "classical"])
    assert list(make_cells(choices, data, folder)) == []
    with pytest.raises(UserError, match="majority-0.json was made with other settings; remove it"):
        list(make_cells(SuiteChoices(["cola"], ["majority"], examples=50), data, folder))


def test_the_report_has_all_cells(made, tmp_path):
    folder, _ = made
    rows = read_cells(folder)
    table, described = suite_sections(rows)
    assert table.columns == ("Data", "Score", "majority", "classical")
    assert ("MRPC", "accuracy") in {row[:2] for row in table.rows}
    assert ("Answers", "F1, XQuAD", "–", "66.67") in table.rows
    # A source without cells has an empty place.
    assert ("Answers", "F1, Reddit", "–", "–") in table.rows
    assert described.rows[1][1].startswith("most frequent label; TF-IDF of both texts")
    paths = write_suite(rows, {"cores": 1}, tmp_path / "suite")
    assert json.loads(paths["json"].read_text()) == {"machine": {"cores": 1}, "rows": rows}
    assert "| MRPC " in paths["markdown"].read_text()
    assert paths["plot"].read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_models_have_columns_for_both_files(made, tmp_path):
    """With a cell of a trained model as if it had been measured, for two seeds."""
    folder, _ = made
    for seed, value in enumerate((0.5, 0.7)):
        results = [
            {
                "precision": precision,
                "scores": {"accuracy": value, "f1_paraphrase": 0.5},
                "bytes": 10**6,
                "milliseconds": 1.0 + seed,
            }
            for precision in ("float32", "int8")
        ]
        cell = {
            "settings": {"options": {"max_length": 96, "epochs": 4}},
            "seconds": {"tokenization": 30.0, "float": 60.0 + 60 * seed, "qat": 30.0},
            "examples": {"train": 1, "validation": 1, "test": 1},
            "model": "squeezebert-tiny",
            "results": results,
        }
        path = tmp_path / "mrpc" / f"tiny-{seed}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(cell))
    table, sizes, described = suite_sections(read_cells(tmp_path))
    assert table.columns[2:] == ("squeezebert-tiny, float32", "squeezebert-tiny, int8")
    assert table.rows[0][2:] == ("60.00 ± 14.14", "60.00 ± 14.14")
    found = [row[2:] for row in sizes.rows]
    assert found == [
        ("float32", "96", "4", "2.0", "1.00", "1.50"),
        ("int8", "96", "4", "2.5", "1.00", "1.50"),
    ]
    assert described.note == "squeezebert-tiny starts from squeezebert-tiny."


def test_what_may_be_chosen():
    assert SuiteChoices().sources()["small"] == "squeezebert-small"
    chosen = SuiteChoices(models=["minilm", "small=runs/backbone", "majority"]).sources()
    assert chosen == {
        "minilm": "all-minilm-l6-v2",
        "small": "runs/backbone",
        "majority": None,
    }
    for arguments, message in (
        ({"rows": ["poetry"]}, "there is no 'poetry'; choose some of clinc150"),
        ({"models": ["huge"]}, "there is no 'huge'; choose some of majority"),
        ({"models": ["classical=runs/x"]}, "classical=runs/x is no model and folder"),
        ({"models": ["tiny="]}, "tiny= is no model and folder"),
    ):
        with pytest.raises(UserError, match=message):
            SuiteChoices(**arguments)


def test_the_command(data, tmp_path):
    arguments = [
        "tasks",
        "--suite",
        "--rows",
        "mrpc",
        "--models",
        "majority",
        "--data",
        data,
        "--examples",
        60,
        "--output-folder",
        tmp_path,
    ]
    result = CliRunner().invoke(app, [str(x) for x in [*arguments, "--json"]])
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    assert printed == json.loads((tmp_path / "suite-of-60.json").read_text())
    assert printed["rows"]["mrpc"]["examples"] == {"train": 54, "validation": 6, "test": 40}
    for more, message in (
        (["--task", "answers"], "the suite has --rows and --models"),
        (["--pretrained", "x"], "the suite has --rows and --models"),
    ):
        refused = CliRunner().invoke(app, [str(x) for x in [*arguments, *more]])
        assert refused.exit_code == 1 and message in refused.stderr
    refused = CliRunner().invoke(app, ["tasks", "--rows", "mrpc", "--output-folder", str(tmp_path)])
    assert refused.exit_code == 1 and "add --suite" in refused.stderr


@pytest.mark.benchmarks
def test_a_trained_cell(data, tmp_path):
    tokenizer = WordPieceTokenizer(
        train_vocabulary([" ".join(WORDS)] * 10, vocab_size=200), max_length=16
    )
    backbone = tmp_path / "backbone"
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
    ).save_pretrained(backbone)
    tokenizer.save_pretrained(backbone)
    training = {"epochs": 2, "qat_epochs": 0, "max_length": 16, "learning_rate": 0.01}
    choices = SuiteChoices(["mrpc", "stsb"], [f"tiny={backbone}"], 1, None, training)
    folder = tmp_path / "suite"
    assert len(list(make_cells(choices, data, folder))) == 2
    rows = read_cells(folder)
    for row in ("mrpc", "stsb"):
        assert [one["precision"] for one in rows[row]["models"]] == ["float32", "int8"]
        assert all(set(one["scores"]) == set(ROWS[row].scores) for one in rows[row]["models"])
        floating, int8 = rows[row]["models"]
        assert int8["bytes"] < floating["bytes"] and min(
            x["milliseconds"] for x in (floating, int8)
        )
    assert list(make_cells(choices, data, folder)) == []
    # What the user leaves open follows from the data.
    cell = json.loads((folder / "mrpc" / "tiny-0.json").read_text())
    assert cell["settings"]["options"]["batch_size"] == 32
    assert cell["settings"]["facts"]["examples"] == 108
    other = dataclasses.replace(choices, training={**training, "epochs": 3})
    with pytest.raises(UserError, match="was made with other settings"):
        list(make_cells(other, data, folder))


def test_pairs_are_told_by_their_overlap():
    texts = ["aa bb", "cc dd", "ee ff", "gg hh"] * 5
    others = ["bb aa", "xx yy", "ff ee", "yy xx"] * 5
    train = TextDataset("train", texts, labels=["same", "other"] * 10, text_pairs=others)
    classifier = PairClassifier.choose(train, train)
    new = TextDataset("new", ["aa cc", "aa cc"], text_pairs=["cc aa", "xx yy"])
    assert classifier.predict(new) == ["same", "other"]
    name, predictions = classical_predictions(train, train, new)
    assert predictions == {"logits": ["same", "other"]} and name == PairClassifier.name


def test_cosines_of_words():
    pairs = NumberDataset("x", ["ab cd", "ab cd"], [0.0, 1.0], text_pairs=["ef gh", "cd ab"])
    assert tfidf_cosines(pairs, pairs) == pytest.approx([0, 1])
    assert majority_predictions(pairs, pairs) == ("mean", {"logits": [0.5, 0.5]})


def test_validation_has_no_labels_of_its_own(data, tmp_path):
    """A tag that only the drawn part would have stays with the training part."""
    row = ROWS["atis"]
    (tmp_path / "atis").mkdir()
    commands = _commands(random.Random(1), 20)
    for number in range(12):
        pieces = [{"text": "fly to "}, {"text": "Rome", "entity": f"city{number}"}]
        commands["fly"].append({"data": pieces})
    for part in ("train", "dev"):
        (tmp_path / "atis" / f"{part}.json").write_text(json.dumps(commands))
    for seed in range(3):
        train, validation, test = divide(row, tmp_path, seed, None)
        assert len(train) + len(validation) == len(test) == 52
        assert set(train.tag_names()) == set(test.tag_names())


@pytest.mark.parametrize("name", ROWS)
def test_the_real_data_are_there(name, shared_dir):
    folder = shared_dir / "data" / ROWS[name].folder
    if not folder.exists():
        pytest.skip(f"no data at {folder}")
    if name in ("answers", "snli"):
        pytest.skip("takes long to read; the formats are tested with small data")
    train, validation, test = divide(ROWS[name], shared_dir / "data", 1, None)
    assert len(train) > 3000 and len(validation) > 300 and len(test) > 390
    if ROWS[name].scores.keys() & {"f1_paraphrase", "f1_duplicate"}:
        assert {score.removeprefix("f1_") for score in ROWS[name].scores} & set(test.labels)
