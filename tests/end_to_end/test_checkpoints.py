"""Fine-tuned checkpoints in Hugging Face's layout become .tflite files by one command."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import tfsqueeze
from converters.inference.predictor import Predictor
from tests.end_to_end.small_checkpoints import WORDS, checkpoint
from tfsqueeze import (
    BertForMaskedLM,
    BertForQuestionAnswering,
    BertForSentenceEmbeddings,
    BertForSequenceClassification,
    BertForTokenClassification,
    BertModel,
)
from tfsqueeze.cli.main import app
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.utils.errors import UserError

LABELS = {0: "zebra", 1: "apple", 2: "mango"}


@pytest.fixture
def texts(tmp_path):
    draw = np.random.default_rng(0)
    lines = [" ".join(draw.choice(WORDS, draw.integers(3, 9))) for _ in range(200)]
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    (tmp_path / "pairs.tsv").write_text(
        "\n".join(f"{a}\t{b}" for a, b in zip(lines[::2], lines[1::2], strict=True)) + "\n", "utf-8"
    )
    return path


def convert(*arguments):
    result = CliRunner().invoke(app, ["convert", *map(str, arguments), "--json"])
    return result


def test_a_classifier_keeps_its_labels_in_their_order(texts, tmp_path):
    folder = checkpoint(tmp_path / "model", BertForSequenceClassification, id2label=LABELS)
    file = tmp_path / "model.tflite"
    result = convert(folder, "-o", file, "--calibration", texts)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["texts"] == 100 and found["agreement_with_float"] > 0.9
    assert found["bytes"] == file.stat().st_size and found["milliseconds"] > 0
    model = BertForSequenceClassification.from_pretrained(folder)
    tokenizer = WordPieceTokenizer.from_pretrained(folder)
    lines = texts.read_text("utf-8").splitlines()[:50]
    expected = [LABELS[i] for i in model(dict(tokenizer(lines, max_length=24))).numpy().argmax(1)]
    assert set(expected) == set(LABELS.values())
    predicted = [prediction.label for prediction in Predictor.open(file).predict(lines)]
    assert np.mean([a == b for a, b in zip(expected, predicted, strict=True)]) > 0.9
    content = tfsqueeze.convert(folder, calibration=[texts])
    assert content == file.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model_class", "calibration", "task"),
    [
        (BertForTokenClassification, "texts.txt", "token-classification"),
        (BertForQuestionAnswering, "pairs.tsv", "question-answering"),
        (BertForQuestionAnswering, "texts.txt", "question-answering"),
        (BertForMaskedLM, "texts.txt", "masked-lm"),
        (BertForSequenceClassification, "pairs.tsv", "text-classification"),
    ],
)
def test_every_head(model_class, calibration, task, texts, tmp_path):
    folder = checkpoint(tmp_path / "model", model_class, id2label={0: "O", 1: "B-x", 2: "I-x"})
    file = tmp_path / "model.tflite"
    result = convert(folder, "-o", file, "--calibration", tmp_path / calibration)
    assert result.exit_code == 0, result.output
    # Random weights answer questions at random, where many spans are equally good.
    assert json.loads(result.stdout)["agreement_with_float"] > 0.6
    predictor = Predictor.open(file)
    assert predictor.task.name == task
    assert predictor.metadata.pairs == (
        model_class is BertForQuestionAnswering or calibration == "pairs.tsv"
    )


@pytest.mark.slow
def test_an_embedder_in_the_layout_of_sentence_transformers(texts, tmp_path):
    folder = checkpoint(tmp_path / "model", BertModel)
    pooling = folder / "1_Pooling" / "config.json"
    pooling.parent.mkdir()
    pooling.write_text('{"pooling_mode_mean_tokens": true, "pooling_mode_cls_token": false}')
    file = tmp_path / "model.tflite"
    result = convert(folder, "-o", file, "--calibration", texts)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["cosine_to_float"] > 0.95
    model = BertForSentenceEmbeddings.from_pretrained(folder)
    tokens = dict(WordPieceTokenizer.from_pretrained(folder)(["the cat sings"], max_length=24))
    (found,) = Predictor.open(file).predict(["the cat sings"])
    assert float(found.embedding @ model(tokens)["embeddings"].numpy()[0]) > 0.9
    pooling.write_text('{"pooling_mode_mean_tokens": false, "pooling_mode_cls_token": true}')
    with pytest.raises(UserError, match="the pooling is pooling_mode_cls_token"):
        tfsqueeze.convert(folder, calibration=[texts])


@pytest.mark.parametrize(
    "problem",
    [
        "multi_label_classification",
        pytest.param("regression", marks=pytest.mark.slow),
        pytest.param(None, marks=pytest.mark.slow),
    ],
)
def test_the_problem_type_decides_the_task(problem, texts, tmp_path):
    labels = LABELS if problem == "multi_label_classification" else {0: "LABEL_0"}
    folder = checkpoint(
        tmp_path / "model", BertForSequenceClassification, id2label=labels, problem_type=problem
    )
    file = tmp_path / "model.tflite"
    tfsqueeze.convert(folder, file, calibration=[texts])
    predictor = Predictor.open(file)
    lines = texts.read_text("utf-8").splitlines()[:50]
    model = BertForSequenceClassification.from_pretrained(folder)
    tokenizer = WordPieceTokenizer.from_pretrained(folder)
    logits = model(dict(tokenizer(lines, max_length=24))).numpy()
    found = predictor.predict(lines)
    if problem == "multi_label_classification":
        assert predictor.task.name == "multi-label-classification"
        wanted = [[LABELS[i] for i in np.flatnonzero(row >= 0)] for row in logits]
        equal = [prediction.labels == one for prediction, one in zip(found, wanted, strict=True)]
        assert len(set(map(tuple, wanted))) > 2 and np.mean(equal) > 0.8
    else:
        assert predictor.task.name == "regression"
        numbers = np.array([prediction.number for prediction in found])
        assert np.corrcoef(numbers, logits[:, 0])[0, 1] > 0.97
        assert np.abs(numbers - logits[:, 0]).mean() < 0.1 * np.ptp(logits)


def labelled(texts, labels):
    """Writes a table of the texts, each with a label, and returns it."""
    lines = texts.read_text("utf-8").splitlines()
    table = texts.with_name("labelled.csv")
    rows = "".join(f"{line},{label}\n" for line, label in zip(lines, labels, strict=True))
    table.write_text(f"text,label\n{rows}", "utf-8")
    return table


def test_a_checkpoint_is_measured_before_it_is_converted(texts, tmp_path):
    folder = checkpoint(tmp_path / "model", BertForSequenceClassification, id2label=LABELS)
    lines = texts.read_text("utf-8").splitlines()
    tokens = WordPieceTokenizer.from_pretrained(folder)(lines, max_length=24)
    decided = BertForSequenceClassification.from_pretrained(folder)(dict(tokens)).numpy().argmax(1)
    table = labelled(texts, [LABELS[index] for index in decided])
    result = CliRunner().invoke(app, ["evaluate", str(folder), str(table), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["accuracy"] == 1
    # Numbers stand for the head's classes.
    table = labelled(texts, decided)
    result = CliRunner().invoke(app, ["evaluate", str(folder), str(table), "--json"])
    assert json.loads(result.stdout)["accuracy"] == 1
    facts = json.loads(CliRunner().invoke(app, ["info", str(folder), "--json"]).stdout)
    assert facts["model"] == {"architecture": "BERT", "task": "text-classification"}
    assert list(facts["labels"].values()) == list(LABELS.values())


@pytest.fixture
def pair_table(texts):
    """A table of pairs, whose labels are what the classifier of `LABELS` decides of both texts."""
    folder = checkpoint(texts.with_name("model"), BertForSequenceClassification, id2label=LABELS)
    lines = (texts.with_name("pairs.tsv")).read_text("utf-8").splitlines()
    pairs = [line.split("\t") for line in lines]
    tokens = WordPieceTokenizer.from_pretrained(folder)(*zip(*pairs, strict=True), max_length=24)
    model = BertForSequenceClassification.from_pretrained(folder)
    decided = model(dict(tokens)).numpy().argmax(1)
    rows = [
        f"{first},{second},{LABELS[index]}"
        for (first, second), index in zip(pairs, decided, strict=True)
    ]
    table = texts.with_name("pairs.csv")
    table.write_text("\n".join(["premise,hypothesis,label", *rows]) + "\n", "utf-8")
    return folder, table


def test_a_checkpoint_of_pairs_is_measured_on_pairs(pair_table):
    folder, table = pair_table
    result = CliRunner().invoke(app, ["evaluate", str(folder), str(table), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["accuracy"] == 1
    assert "the second ones are in the column hypothesis" in result.stderr
    # Without calibration on pairs it would be verified on the first texts alone.
    result = CliRunner().invoke(app, ["verify", str(folder), "--data", str(table)])
    assert result.exit_code == 1
    assert "give pairs as --calibration of a checkpoint" in result.stderr


def test_a_checkpoint_of_pairs_is_tuned_on_pairs(pair_table, tmp_path, monkeypatch):
    folder, table = pair_table
    tuned = []

    def train_task(path, task, splits, *_, **__):
        tuned.append(splits)
        raise UserError("nothing is trained here")

    monkeypatch.setattr("tfsqueeze.training.tuned_checkpoint.train_task", train_task)
    result = convert(folder, "-o", tmp_path / "model.tflite", "--tune", table)
    assert "the second ones are in the column hypothesis" in result.stderr
    with pytest.raises(UserError, match="nothing is trained here"):
        tfsqueeze.tune_checkpoint(folder, table, tmp_path / "run")
    assert len(tuned) == 2 and all(splits.train.text_pairs for splits in tuned)


@pytest.mark.slow
def test_a_conversion_has_a_report(texts, tmp_path):
    folder = checkpoint(tmp_path / "model", BertForSequenceClassification, id2label=LABELS)
    report = tmp_path / "report"
    file = tmp_path / "model.tflite"
    result = convert(folder, "-o", file, "--calibration", texts, "--report", report)
    assert result.exit_code == 0, result.output
    results = json.loads((report / "report.json").read_text("utf-8"))
    rows = results["accuracy"]
    assert [row["model"] for row in rows[:2]] == ["Keras float", "Keras QAT"]
    assert all(0.9 < row["agreement_with_float"] <= 1 and "accuracy" not in row for row in rows)
    assert results["latency"][0]["models"][0]["median"] > 0
    assert (report / "report.html").exists()


@pytest.mark.slow
def test_a_checkpoint_is_tuned_on_labelled_data(texts, tmp_path):
    folder = checkpoint(tmp_path / "model", BertForSequenceClassification, id2label=LABELS)
    lines = texts.read_text("utf-8").splitlines()
    tokens = WordPieceTokenizer.from_pretrained(folder)(lines, max_length=24)
    decided = BertForSequenceClassification.from_pretrained(folder)(dict(tokens)).numpy().argmax(1)
    table = labelled(texts, [LABELS[index] for index in decided])
    file = tmp_path / "model.tflite"
    report = tmp_path / "report"
    result = convert(folder, "-o", file, "--tune", table, "--report", report)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["agreement_with_float"] > 0.9
    assert Predictor.open(file).metadata.labels == list(LABELS.values())
    rows = json.loads((report / "report.json").read_text("utf-8"))["accuracy"]
    assert rows[0]["accuracy"] == 1 and rows[-1]["accuracy"] > 0.9
    # The run is kept, and a second call loads it.
    assert (tmp_path / "model-run" / "qat.keras").exists()
    content = file.read_bytes()
    assert convert(folder, "-o", file, "--tune", table).exit_code == 0
    assert file.read_bytes() == content


def test_what_cannot_be_converted_is_one_sentence(texts, trained_run, tmp_path):
    bare = checkpoint(tmp_path / "bare", BertModel)
    headless = checkpoint(tmp_path / "headless", BertModel)
    config = json.loads((headless / "config.json").read_text())
    config["architectures"] = ["BertForSequenceClassification"]
    (headless / "config.json").write_text(json.dumps(config))
    single = checkpoint(tmp_path / "masked", BertForMaskedLM)
    pairs = tmp_path / "pairs.tsv"
    for arguments, message in (
        ([bare, "--calibration", texts], 'architectures is ["BertModel"], which is no model of'),
        ([headless, "--calibration", texts], "tensor 'classifier.weight' is missing"),
        ([single, "--calibration", pairs], "the model reads single texts, and these are pairs"),
        ([trained_run.folder, "--calibration", texts], "which training has calibrated"),
        ([tmp_path / "nothing"], "is not a folder"),
    ):
        result = convert(*arguments, "-o", tmp_path / "model.tflite")
        assert result.exit_code == 1
        assert message in " ".join(result.output.split()), result.output
    assert not (tmp_path / "model.tflite").exists()
    lines = texts.read_text("utf-8")
    pairs.write_text(lines)
    with pytest.raises(UserError, match=r"pairs\.tsv, line 1: it has no tab"):
        tfsqueeze.convert(single, calibration=[pairs])
