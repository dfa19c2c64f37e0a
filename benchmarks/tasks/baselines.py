"""What needs no neural network, on the same data, with the same scores."""

from __future__ import annotations

from typing import Any

from benchmarks.tasks.noise import noise_scores
from benchmarks.tasks.settings import TaskSettings
from tfsqueeze.data.datasets.question_dataset import QuestionDataset
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.evaluation.baselines import TfidfClassifier
from tfsqueeze.evaluation.classification import classification_metrics
from tfsqueeze.evaluation.confidence import expected_calibration_error, out_of_scope_auroc
from tfsqueeze.evaluation.crf_baseline import crf_baseline
from tfsqueeze.evaluation.sentence_baseline import MostAlikeSentence
from tfsqueeze.tasks import QUESTION_ANSWERING


def baseline_scores(
    name: str, settings: TaskSettings, train, test, out_of_scope: TextDataset | None = None
) -> dict[str, Any]:
    """Returns the name of a baseline of a task, and its scores, fractions by the metric's name.

    name: `tfidf`, `crf` or `sentence`.
    train: all that is trained on, the part for validation too.
    out_of_scope: texts of no label.
    """
    if name == "crf":
        return _crf(train, test)
    if name == "sentence":
        return _sentence(test)
    classifier = TfidfClassifier(train)
    row = {"model": TfidfClassifier.name}
    if settings.noises:
        return {
            **row,
            "scores": noise_scores(classifier.predict_probabilities, classifier.label_names, test),
        }
    labels = test.label_ids(classifier.label_names)
    metrics = classification_metrics(labels, classifier.predict(test), classifier.label_names)
    scores = {score: metrics[score] for score in ("accuracy", "macro_f1")}
    if out_of_scope is not None:
        probabilities = classifier.predict_probabilities(test.texts)
        scores["auroc"] = out_of_scope_auroc(
            probabilities, classifier.predict_probabilities(out_of_scope.texts)
        )
        scores["expected_calibration_error"] = expected_calibration_error(probabilities, labels)
    return {**row, "scores": scores}


def _crf(train: TokenDataset, test: TokenDataset) -> dict[str, Any]:
    languages = sorted(set(train.languages or ()))
    if len(languages) < 2:
        found = crf_baseline(train, test)
        return {
            "model": found["name"],
            "scores": {score: found[score] for score in ("f1", "precision", "recall")},
        }
    scores = {}
    for language in languages:
        parts = [
            part.take([row for row, one in enumerate(part.languages) if one == language])
            for part in (train, test)
        ]
        scores[f"f1_{language}"] = crf_baseline(*parts)["f1"]
    return {"model": f"{len(languages)} conditional random fields", "scores": scores}


def _sentence(test: QuestionDataset) -> dict[str, Any]:
    answers = MostAlikeSentence(test).predict(test)
    metrics = QUESTION_ANSWERING.metrics(test, {"answers": answers}, {})
    return {
        "model": MostAlikeSentence.name,
        "scores": {score: metrics[score] for score in ("exact_match", "f1")},
    }
