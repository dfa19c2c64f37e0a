"""Kotlin decodes logits of each task as `tfsqueeze predict` does."""

from __future__ import annotations

import itertools
import json
import os
import random
import threading

import numpy as np
import pytest

from converters.inference.predictor import Predictor
from converters.runtime.interpreters import TFLiteModel, open_model
from converters.tflite.metadata import read_metadata
from tfsqueeze.data.datasets.question_dataset import NO_ANSWER

pytestmark = pytest.mark.android

TEXTS = 1000
# Both sides add the same doubles, in another order.
TOLERANCE = 1e-12


class DrawnLogits(TFLiteModel):
    """A model that draws its stored logits at random, and appends them to `drawn`.

    `runs` counts the runs of all models that share it.
    """

    def __init__(self, details, draw, drawn, runs, by_length=None):
        self.input_details, self.output_details = details
        self.by_length = by_length or {}
        self._draw, self._drawn, self._runs = draw, drawn, runs
        self._lock, self._process = threading.Lock(), os.getpid()

    def _invoke(self, arrays):
        found = self._values()
        self._drawn.append({name: values.ravel().tolist() for name, values in found.items()})
        return found

    def _values(self):
        # Few values make many ties, and extreme ones saturate the softmax.
        least, most = self._draw.choice([(-128, 128), (0, 3), (-3, 3)])
        return {
            detail.name: self._draw.integers(least, most, detail.shape, np.int8)
            for detail in self.output_details
        }


class EachLogit(DrawnLogits):
    """A model that draws at random at first, and then gives all its logits each value in turn."""

    def _values(self):
        number = next(self._runs) - TEXTS // 2
        if number < 0:
            return super()._values()
        value = number % 256 - 128
        return {
            detail.name: np.full(detail.shape, value, np.int8) for detail in self.output_details
        }


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """Returns a function that opens a sample model: its path, its predictor, its drawn logits."""
    from android_demo.core.sample_models import FOLDER

    def open_(name, seed, logits=DrawnLogits):
        path = FOLDER / f"{name}.tflite"
        model, drawn, draw = open_model(path), [], np.random.default_rng(seed)
        runs = itertools.count()

        def drawing(real, by_length=None):
            return logits((real.input_details, real.output_details), draw, drawn, runs, by_length)

        kind = type(Predictor.open(path))
        lengths = {length: drawing(part) for length, part in model.by_length.items()}
        return path, kind(drawing(model, lengths), read_metadata(path)), drawn

    return open_


@pytest.fixture(scope="module")
def texts(real_texts, generate_strings, as_kotlin_reads):
    """Returns sentences, and words of the sample models in random order."""
    words = (
        "The cat sat on a mat, playing songs by New-York! Where is it? 東 Ünknown \U0001f600"
    ).split()
    draw = random.Random(0)
    made = [" ".join(draw.choices(words, k=draw.randrange(16))) for _ in range(TEXTS // 2)]
    return as_kotlin_reads(
        [*made, *draw.sample(real_texts, TEXTS // 4), *generate_strings(TEXTS // 4, words, seed=0)]
    )


def run(core, path, predict, drawn, pairs):
    """Returns Kotlin's results and Python's for (text, second) with the same stored logits."""
    expected, requests = [], []
    for text, second in pairs:
        drawn.clear()
        expected.append(predict(text, second))
        requests.append({"text": text, "second": second, "outputs": list(drawn)})
    return core.run(requests, "decode", path), expected


def predict_one(predictor):
    return lambda text, second: predictor.predict([text], None if second is None else [second])[0]


def check_labels(found, prediction):
    ranked = sorted(prediction.probabilities.items(), key=lambda item: -item[1])
    assert [label for label, _ in found] == [label for label, _ in ranked]
    assert [share for _, share in found] == pytest.approx(
        [share for _, share in ranked], abs=TOLERANCE
    )


def check_entities(found, text, entities, utf16):
    assert [row[:3] for row in found] == [
        [entity.type, utf16(text, entity.start), utf16(text, entity.end)] for entity in entities
    ]
    assert [row[3] for row in found] == pytest.approx(
        [entity.score for entity in entities], abs=TOLERANCE
    )


@pytest.mark.parametrize("name", ["text-classification", "pairs"])
def test_labels(name, core, sample, texts):
    path, predictor, drawn = sample(name, seed=1)
    pairs = list(zip(texts, texts[::-1] if name == "pairs" else [None] * len(texts), strict=True))
    results = run(
        core,
        path,
        predict_one(predictor),
        drawn,
        pairs,
    )
    for found, prediction in zip(*results, strict=True):
        check_labels(found["labels"], prediction)


@pytest.mark.parametrize("name", ["multi-label-classification", "multi-label-pairs"])
def test_several_labels(name, core, sample, texts):
    path, predictor, drawn = sample(name, 6, EachLogit)
    seconds = texts[::-1] if name.endswith("pairs") else [None] * len(texts)
    pairs = list(zip(texts, seconds, strict=True))
    counts = set()
    for found, prediction in zip(
        *run(core, path, predict_one(predictor), drawn, pairs), strict=True
    ):
        assert found["chosen"] == prediction.labels
        check_labels(found["labels"], prediction)
        counts.add(len(prediction.labels))
    assert counts == set(range(len(predictor.classes["logits"]) + 1))


@pytest.mark.parametrize("name", ["regression", "regression-pairs"])
def test_numbers(name, core, sample, texts):
    path, predictor, drawn = sample(name, 7, EachLogit)
    seconds = texts[::-1] if name.endswith("pairs") else [None] * len(texts)
    pairs = list(zip(texts, seconds, strict=True))
    found, predictions = run(core, path, predict_one(predictor), drawn, pairs)
    assert [one["number"] for one in found] == [one.number for one in predictions]
    assert len({one.number for one in predictions}) == 256


def test_entities(core, sample, texts, utf16):
    path, predictor, drawn = sample("token-classification", seed=2)
    results = run(
        core,
        path,
        lambda text, _: predictor.predict([text])[0],
        drawn,
        [(text, None) for text in texts],
    )
    for found, prediction in zip(*results, strict=True):
        check_entities(found["entities"], prediction.text, prediction.entities, utf16)
    assert sum(len(prediction.entities) for prediction in results[1]) > TEXTS


def test_intents_and_slots(core, sample, texts, utf16):
    path, predictor, drawn = sample("intent-and-slots", seed=3)
    results = run(
        core,
        path,
        lambda text, _: predictor.predict([text])[0],
        drawn,
        [(text, None) for text in texts],
    )
    for found, prediction in zip(*results, strict=True):
        check_labels(found["labels"], prediction)
        check_entities(found["entities"], prediction.text, prediction.slots, utf16)


@pytest.mark.parametrize("name", ["question-answering", "matched-answers"])
def test_answers(name, core, sample, texts, utf16):
    path, predictor, drawn = sample(name, seed=4)
    assert NO_ANSWER in predictor.classes["answers"]
    results = run(
        core,
        path,
        lambda text, second: predictor.predict([text], [second])[0],
        drawn,
        list(zip(texts, texts[::-1], strict=True)),
    )
    answered = 0
    for found, prediction, context in zip(*results, texts[::-1], strict=True):
        assert [row[:2] for row in found["candidates"]] == [
            [utf16(context, answer.start), utf16(context, answer.end)]
            for answer in prediction.candidates
        ], ascii(context)
        assert [row[2] for row in found["candidates"]] == pytest.approx(
            [answer.probability for answer in prediction.candidates], abs=TOLERANCE
        )
        assert found.get("no_answer_score") == prediction.no_answer_score
        if prediction.start is None:
            assert found.get("best") is None
            assert found["no_answer_probability"] == pytest.approx(
                prediction.probability, abs=TOLERANCE
            )
        else:
            answered += 1
            assert found["best"] == [
                utf16(context, prediction.start),
                utf16(context, prediction.end),
            ]
    assert TEXTS // 10 < answered < TEXTS


def test_errors_are_one_sentence(core, sample, tmp_path):
    path, _, _ = sample("pairs", seed=5)
    with pytest.raises(AssertionError, match="the model is for two texts; give a second one"):
        core.run([{"text": "a"}], "decode", path)
    damaged = tmp_path / "damaged.tflite"
    damaged.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(AssertionError, match="the model is truncated or damaged|are missing"):
        core.run([{"text": "a"}], "decode", damaged)
    assert json.dumps(core.run([], "decode", path)) == "[]"
