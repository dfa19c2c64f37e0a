"""Whatever order a checkpoint has its labels in, the same text gets the same name as from it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from converters.inference.predictor import Predictor
from tests.end_to_end.small_checkpoints import MAX_LENGTH, WORDS, checkpoint
from tfsqueeze import BertForSequenceClassification, BertForTokenClassification
from tfsqueeze.cli.main import app
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer

NAMES = ("zebra", "Apple", "mango", "apple pie")
# The order of numbers as text is another one than that of numbers.
NUMBERS = ("10", "9", "2", "-1")
TAGS = ("O", "B-place", "I-place", "B-name")

pytestmark = pytest.mark.slow

permuted = st.one_of(st.permutations(NAMES), st.permutations(NUMBERS))
# Each example builds, measures and converts a model.
few = settings(max_examples=3, deadline=None)


@pytest.fixture(scope="module")
def texts():
    draw = np.random.default_rng(0)
    return [" ".join(draw.choice(WORDS, draw.integers(3, 9))) for _ in range(120)]


def logits_of(folder, model_class, texts):
    """Returns what a checkpoint computes: float [texts, ...]."""
    tokens = WordPieceTokenizer.from_pretrained(folder)(texts, max_length=MAX_LENGTH)
    return model_class.from_pretrained(folder)(dict(tokens)).numpy()


def command(*arguments):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def measure(folder, texts, data):
    """Returns the scores of the checkpoint itself and of its int8 file, and opens the file."""
    calibration = folder / "texts.txt"
    calibration.write_text("\n".join(texts) + "\n", "utf-8")
    file = folder / "model.tflite"
    command("convert", folder / "model", "-o", file, "--calibration", calibration, "--json")
    scores = [command("evaluate", model, data, "--json") for model in (folder / "model", file)]
    return *scores, Predictor.open(file)


@few
@given(labels=permuted)
def test_texts(labels, texts, tmp_path_factory):
    folder = tmp_path_factory.mktemp("labels")
    checkpoint(folder / "model", BertForSequenceClassification, id2label=dict(enumerate(labels)))
    logits = logits_of(folder / "model", BertForSequenceClassification, texts)
    decided = [labels[index] for index in logits.argmax(1)]
    assert len(set(decided)) > 2
    data = folder / "data.csv"
    rows = [f"{text},{label}\n" for text, label in zip(texts, decided, strict=True)]
    # The order of the data's labels is not the checkpoint's.
    data.write_text("text,label\n" + "".join(sorted(rows)), "utf-8")
    own, int8, predictor = measure(folder, texts, data)
    assert own["accuracy"] == 1 and int8["accuracy"] > 0.9
    assert list(predictor.metadata.labels) == list(labels)


@few
@given(labels=permuted)
def test_several_labels(labels, texts, tmp_path_factory):
    folder = tmp_path_factory.mktemp("labels")
    checkpoint(
        folder / "model",
        BertForSequenceClassification,
        id2label=dict(enumerate(labels)),
        problem_type="multi_label_classification",
    )
    logits = logits_of(folder / "model", BertForSequenceClassification, texts)
    decided = [[labels[index] for index in np.flatnonzero(row >= 0)] for row in logits]
    assert len(set(map(tuple, decided))) > 3
    data = folder / "data.jsonl"
    rows = [
        json.dumps({"text": text, "labels": sorted(names)})
        for text, names in zip(texts, decided, strict=True)
    ]
    data.write_text("\n".join(sorted(rows)) + "\n", "utf-8")
    own, int8, predictor = measure(folder, texts, data)
    assert own["micro_f1"] == 1 and int8["micro_f1"] > 0.9
    assert list(predictor.metadata.labels) == list(labels)


@few
@given(labels=st.permutations(TAGS))
def test_tags(labels, texts, tmp_path_factory):
    folder = tmp_path_factory.mktemp("labels")
    checkpoint(folder / "model", BertForTokenClassification, id2label=dict(enumerate(labels)))
    logits = logits_of(folder / "model", BertForTokenClassification, texts)
    data = folder / "data.conll"
    sentences = []
    for text, row in zip(texts, logits, strict=True):
        words = text.split()
        # Each word is one token, after [CLS].
        tags = [labels[index] for index in row[1 : len(words) + 1].argmax(1)]
        if is_valid(tags):
            sentences.append("".join(f"{w}\t{t}\n" for w, t in zip(words, tags, strict=True)))
    assert len(sentences) > 10
    data.write_text("\n".join(sorted(sentences)), "utf-8")
    own, int8, predictor = measure(folder, texts, data)
    assert own["f1"] == 1 and int8["f1"] > 0.8
    assert list(predictor.metadata.labels) == list(labels)


def is_valid(tags):
    """Returns whether each I- goes on with a span; only such tags are what decoding finds."""
    return all(
        tag != "I-place" or before in ("B-place", "I-place")
        for before, tag in zip(["O", *tags], tags, strict=False)
    )
