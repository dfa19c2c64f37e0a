"""How sure a classifier is, where it errs, and which words decided."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from converters.experiments.prediction_analysis import analyse_predictions, deciding_words
from converters.inference.predictor import Predictor
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.evaluation.confidence import calibration_error, reliability


@dataclasses.dataclass
class Prediction:
    probabilities: dict[str, float]


class KeywordPredictor:
    """Finds `rain` in each text: 0.9 for weather with it, 0.2 without; `cold` adds 0.05."""

    def predict(self, texts, text_pairs=None):
        for text in texts:
            weather = (0.9 if "rain" in text else 0.2) + 0.05 * ("cold" in text)
            yield Prediction({"weather": weather, "other": 1 - weather})


def test_words_are_left_out_in_turn():
    found = deciding_words(KeywordPredictor(), "a cold rain fell", "weather")
    assert [word["word"] for word in found] == ["rain", "cold"]
    np.testing.assert_allclose([word["effect"] for word in found], [0.7, 0.05])
    # What speaks against a label is not among the words that decided for it.
    assert deciding_words(KeywordPredictor(), "a cold rain fell", "other") == []


def test_the_worst_errors_come_first():
    texts = ["rain", "cold rain", "sun", "sun and fun", "a tree"]
    test = TextDataset("test", texts, labels=["weather", "other", "weather", "other", "weather"])
    logits = np.log([[0.9, 0.1], [0.95, 0.05], [0.2, 0.8], [0.2, 0.8], [0.4, 0.6]])
    names = ["weather", "other"]
    found = analyse_predictions(KeywordPredictor(), test, logits, names)
    assert [row["text"] for row in found["errors"]] == ["cold rain", "sun", "a tree"]
    first = found["errors"][0]
    assert (first["label"], first["predicted"]) == ("other", "weather")
    assert first["probability_of_label"] == pytest.approx(0.05)
    assert first["words"][0]["word"] == "rain" and "text_pair" not in first
    assert sum(row["examples"] for row in found["reliability"]) == 5


def test_reliability_agrees_with_the_calibration_error():
    draw = np.random.default_rng(0)
    confidence = draw.random(500)
    right = draw.random(500) < confidence**2
    rows = reliability(confidence, right, bins=15)
    error = sum(row["examples"] * abs(row["accuracy"] - row["confidence"]) for row in rows) / 500
    assert error == pytest.approx(calibration_error(confidence, right, bins=15))
    assert all(row["lower"] < row["confidence"] <= row["upper"] for row in rows)
    assert reliability([0.5], [True], bins=2)[0]["upper"] == 0.5


def test_a_real_file(topics_model, topics_folder):
    predictor = Predictor.open(topics_model)
    test = predictor.task.data.load_evaluation_set(str(topics_folder / "test.csv"))
    names = predictor.classes["logits"]
    predictions = predictor.predict(test.texts)
    logits = np.log([[max(p.probabilities[name], 1e-9) for name in names] for p in predictions])
    # All labels wrong, so that each text is an error.
    others = {name: names[index - 1] for index, name in enumerate(names)}
    wrong = dataclasses.replace(
        test, labels=[others[prediction.label] for prediction in predictions]
    )
    found = analyse_predictions(predictor, wrong, logits, names)
    assert len(found["errors"]) == 20
    likely = [row["probability_of_label"] for row in found["errors"]]
    assert likely == sorted(likely) and any(row["words"] for row in found["errors"])
