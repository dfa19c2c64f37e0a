"""What needs no neural network, on the same data, with the same scores."""

from __future__ import annotations

import re
from typing import Any

from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.tasks.noise import noise_scores
from benchmarks.tasks.settings import TaskSettings
from tfsqueeze.data.datasets.question_dataset import QuestionDataset
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.decoding.answer_spans import AnswerSpan, ChosenAnswer
from tfsqueeze.evaluation.baselines import TfidfClassifier, majority_baseline
from tfsqueeze.evaluation.classification import classification_metrics
from tfsqueeze.evaluation.confidence import expected_calibration_error, out_of_scope_auroc
from tfsqueeze.evaluation.crf_baseline import crf_baseline
from tfsqueeze.tasks import QUESTION_ANSWERING
from tfsqueeze.utils.errors import UserError

# It ends where a space follows, or at the end of the text.
_SENTENCE = re.compile(r".+?(?:[.!?](?=\s)|\Z)", re.DOTALL)


def baseline_scores(
    name: str, settings: TaskSettings, train, test, out_of_scope: TextDataset | None = None
) -> dict[str, Any]:
    """Returns the name of a baseline of a task, and its scores, fractions by the metric's name.

    name: `majority`, `tfidf`, `crf` or `sentence`.
    train: all that is trained on, the part for validation too.
    out_of_scope: texts of no label.
    """
    if name == "crf":
        return _crf(train, test)
    if name == "sentence":
        return _sentence(test)
    if name == "majority":
        found = majority_baseline(train, test)
        return {
            "model": "majority class",
            "scores": {score: found[score] for score in ("accuracy", "macro_f1")},
        }
    train, test = _as_texts(train), _as_texts(test)
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
    if "intent_accuracy" in settings.scores:
        scores["intent_accuracy"] = scores["accuracy"]
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
    metrics = QUESTION_ANSWERING.metrics(test, {"answers": most_alike_sentences(test)}, {})
    return {
        "model": "the sentence most alike",
        "scores": {score: metrics[score] for score in ("exact_match", "f1")},
    }


def most_alike_sentences(test: QuestionDataset) -> list[ChosenAnswer]:
    """Returns the sentence of each context that is most like the question, by cosine of TF-IDF.

    It learns from no answers. The cosine stands for the probability.
    """
    vectorizer = TfidfVectorizer(sublinear_tf=True).fit([*set(test.contexts), *test.questions])
    chosen = []
    for question, context in zip(test.questions, test.contexts, strict=True):
        sentences = list(_SENTENCE.finditer(context))
        vectors = vectorizer.transform([sentence[0] for sentence in sentences])
        alike = (vectors @ vectorizer.transform([question]).T).toarray().ravel()
        best = int(alike.argmax())
        cosine = float(alike[best])
        chosen.append(ChosenAnswer(AnswerSpan(*sentences[best].span(), cosine), cosine))
    return chosen


def _as_texts(dataset: TextDataset | TokenDataset) -> TextDataset:
    if isinstance(dataset, TextDataset):
        return dataset
    if dataset.labels is None:
        raise UserError(f"{dataset.name} has no labels of its sentences")
    return TextDataset(
        dataset.name, [" ".join(words) for words in dataset.sentences], labels=dataset.labels
    )
