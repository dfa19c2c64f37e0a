"""Files with the signature of the Task Library, in tflite-support and MediaPipe themselves."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tf_keras as keras
from typer.testing import CliRunner

import tfsqueeze
from converters.conversion.keras_to_tflite import convert_float
from converters.conversion.runs import pack
from converters.inference.predictor import Predictor
from converters.tflite.task_library import ANSWERER_LENGTH, sign_for_task_library
from tests.environments.environment import run_in_environment
from tfsqueeze import (
    BertConfig,
    BertForQuestionAnswering,
    BertForSentenceEmbeddings,
    BertForSequenceClassification,
)
from tfsqueeze.cli.main import app
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.checkpoint import open_checkpoint

_SCRIPT = Path(__file__).parents[1] / "environments" / "task_library_outputs.py"
_WORDS = "the cat dog bird runs sings sleeps in house garden who what where is a".split()
_TEXTS = ["The cat sings in the garden.", "a bird", "snow and wind", "bread, butter"]
_CONTEXT = "the cat sings in the garden and a bird sleeps in the house"
_PAIRS = [("who sings", _CONTEXT), ("where is the bird", _CONTEXT), ("what", "the dog runs")]


def convert(*arguments):
    return CliRunner().invoke(app, ["convert", *map(str, arguments), "--json"])


def test_the_command_signs_a_file(trained_run, topics_model, tmp_path):
    file = tmp_path / "topics.tflite"
    result = convert(trained_run.folder, "-o", file, "--signature", "task-library")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["bytes"] == file.stat().st_size
    assert file.read_bytes() == sign_for_task_library(topics_model)
    expected = [prediction.label for prediction in Predictor.open(topics_model).predict(_TEXTS)]
    predicted = CliRunner().invoke(app, ["predict", str(file), *_TEXTS, "--json"])
    assert [prediction["label"] for prediction in json.loads(predicted.stdout)] == expected


def test_the_command_refuses_before_it_converts(trained_run, tmp_path):
    lengths = ["--max-length", 8, "--max-length", 16]
    file = tmp_path / "topics.tflite"
    result = convert(trained_run.folder, "-o", file, "--signature", "task-library", *lengths)
    assert result.exit_code == 1
    assert "take files of one length, not of 2" in " ".join(result.output.split())
    assert list(tmp_path.iterdir()) == []


def float_file(folder, model_class, length=16, **fields):
    """A float32 file of a model with random weights, packed; the runtimes then agree closely."""
    keras.utils.set_random_seed(1)
    tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *_WORDS])
    config = BertConfig(
        vocab_size=tokenizer.vocab_size,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=length,
        initializer_range=0.4,
        **fields,
    )
    model_class(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    checkpoint = open_checkpoint(folder, length)
    pairs = ["the cat"] if checkpoint.task.name == "question-answering" else None
    model = checkpoint.load(checkpoint.task.data.unlabelled(["the cat"], pairs), "texts")
    return pack(model, convert_float(model.float_model, length), length)


@pytest.mark.readers
def test_the_readers_answer_alike(trained_run, tmp_path):
    contents = {
        "classify": {
            "topics": tfsqueeze.convert(trained_run, signature="task-library"),
            "mobile": tfsqueeze.convert(trained_run, profile="mobile", signature="task-library"),
            "several": sign_for_task_library(
                float_file(
                    tmp_path / "several",
                    BertForSequenceClassification,
                    id2label={0: "zebra", 1: "apple", 2: "mango"},
                    problem_type="multi_label_classification",
                )
            ),
        },
        "embed": {
            "embedder": sign_for_task_library(
                float_file(tmp_path / "embedder", BertForSentenceEmbeddings)
            )
        },
        "answer": {
            "answers": sign_for_task_library(
                float_file(tmp_path / "answers", BertForQuestionAnswering, length=ANSWERER_LENGTH)
            ),
        },
    }
    inputs = {"classify": _TEXTS, "embed": _TEXTS, "answer": _PAIRS}
    (tmp_path / "inputs.json").write_text(json.dumps(inputs))
    arguments = []
    for kind, files in contents.items():
        for name, content in files.items():
            (tmp_path / f"{name}.tflite").write_bytes(content)
            arguments.append(f"{kind}={tmp_path / name}.tflite")
    output = run_in_environment("task-library", _SCRIPT, *arguments, tmp_path / "inputs.json")
    found = json.loads(output.splitlines()[-1])

    for name, content in contents["classify"].items():
        predictions = Predictor.open(content).predict(_TEXTS)
        # int8 kernels of other versions round otherwise.
        error = 1e-4 if name == "several" else 0.05
        for reader in ("tflite-support", "mediapipe"):
            for prediction, scores in zip(
                predictions, found[f"{name}.tflite"][reader], strict=True
            ):
                assert scores == pytest.approx(prediction.probabilities, abs=error), (name, reader)
    embedder = Predictor.open(contents["embed"]["embedder"])
    embeddings = [prediction.embedding for prediction in embedder.predict(_TEXTS)]
    for reader in ("tflite-support", "mediapipe"):
        np.testing.assert_allclose(found["embedder.tflite"][reader], embeddings, atol=1e-4)
    predictions = Predictor.open(contents["answer"]["answers"]).predict(*zip(*_PAIRS, strict=True))
    answers = found["answers.tflite"]["tflite-support"]
    assert [each[0] for each in answers] == [each.answer for each in predictions]
    assert all(len(each) > 1 for each in answers)
