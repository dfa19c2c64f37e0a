"""The classical model that fits each task, as a measurement of robustness calls it."""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from converters.experiments.measured_models import MeasuredModel
from converters.experiments.task_verdicts import TRUTHS
from converters.experiments.truth_confidences import (
    geometric_mean,
    label_confidences,
    label_set_confidences,
)
from tfsqueeze.data.datasets.labels import UNKNOWN_ID
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.evaluation.answers import score_answer
from tfsqueeze.evaluation.baselines import TfidfClassifier, joined_texts
from tfsqueeze.evaluation.crf_baseline import CrfTagger
from tfsqueeze.evaluation.multi_label_baseline import TfidfMultiLabelClassifier
from tfsqueeze.evaluation.regression_baseline import TfidfRegressor
from tfsqueeze.evaluation.sentence_baseline import MostAlikeSentence
from tfsqueeze.tasks import Task, TaskName
from tfsqueeze.tasks.found_answers import answer_texts, span_text
from tfsqueeze.tasks.outputs import ChosenLabels

_THRESHOLD = 0.5


class Baseline(MeasuredModel):
    """The base of the classical models.

    Args:
        train: the labelled examples to fit.
        task: the task.
        classes: the names of each output's classes.
        scores: the names of the scores, the main one first.

    Attributes:
        title: what tables call the model.
        short_name: what sentences call it.
        learns_labels: whether it learns from labelled examples, which must not be those that it
            is measured on.
        package: the package of PyPI that it needs beside those of tfsqueeze; None for none.

    Raises:
        UserError: a label of `train` is not among the classes, or a package is not installed.
    """

    title: ClassVar[str]
    short_name: ClassVar[str]
    learns_labels: ClassVar[bool] = True
    package: ClassVar[str | None] = None

    def __init__(
        self,
        train: Any,
        task: Task,
        classes: Mapping[str, Sequence[str]],
        scores: Sequence[str],
    ) -> None:
        super().__init__(task, classes, scores)
        self.fit(train)

    @abc.abstractmethod
    def fit(self, train: Any) -> None:
        """Fits the model to labelled examples."""


class DecidingBaseline(Baseline):
    """The base of the classical models whose predictions are right or wrong."""

    @abc.abstractmethod
    def confidences(self, dataset: Any) -> list[float]:
        """Returns how sure the model is of the truth of each example, in 0..1."""

    def judge(self, dataset):
        predictions = self.predict(dataset)
        return TRUTHS[self.task.name].verdicts(dataset, predictions, self.confidences(dataset))


class TfidfLabels(DecidingBaseline):
    """TF-IDF and logistic regression, for the label of a text or a pair."""

    title, short_name = "TF-IDF + logistic regression", "TF-IDF"

    def fit(self, train):
        self._classifier = TfidfClassifier(train, self.classes["logits"])

    def predict(self, dataset):
        names = self.classes["logits"]
        return {"logits": [names[index] for index in self._classifier.predict(dataset)]}

    def confidences(self, dataset):
        ids = dataset.label_ids(self.classes["logits"], UNKNOWN_ID)
        probabilities = self._classifier.predict_probabilities(joined_texts(dataset))
        return label_confidences(ids, probabilities).tolist()


class TfidfLabelSets(DecidingBaseline):
    """TF-IDF and a logistic regression a label, for all labels of a text or a pair."""

    title, short_name = TfidfLabels.title, TfidfLabels.short_name

    def fit(self, train):
        self._classifier = TfidfMultiLabelClassifier(train, self.classes["logits"])

    def predict(self, dataset):
        names = self.classes["logits"]
        return {
            "logits": [
                ChosenLabels([names[index] for index in np.flatnonzero(row >= _THRESHOLD)], row)
                for row in self._classifier.predict_probabilities(dataset)
            ]
        }

    def confidences(self, dataset):
        matrix = dataset.label_matrix(self.classes["logits"])
        probabilities = self._classifier.predict_probabilities(dataset)
        return label_set_confidences(matrix, probabilities).tolist()


class TfidfNumbers(Baseline):
    """TF-IDF and ridge regression, for the number of a text or a pair."""

    title, short_name = "TF-IDF + ridge regression", "TF-IDF"

    def fit(self, train):
        self._regressor = TfidfRegressor(train)

    def predict(self, dataset):
        return {"logits": self._regressor.predict(dataset).tolist()}


class CrfTags(DecidingBaseline):
    """A conditional random field on features of words, for the tags of a sentence."""

    title, short_name = "conditional random field", "the conditional random field"
    package = "sklearn-crfsuite"

    def fit(self, train):
        self._tagger = CrfTagger(train)

    def predict(self, dataset):
        return {"logits": self._tagger.predict(dataset.sentences)}

    def confidences(self, dataset):
        marginals = self._tagger.predict_marginals(dataset.sentences)
        return [
            geometric_mean([word.get(tag, 0.0) for word, tag in zip(words, tags, strict=True)])
            for words, tags in zip(marginals, dataset.tags, strict=True)
        ]


class TfidfAndCrf(DecidingBaseline):
    """TF-IDF and logistic regression for intents, a conditional random field for slots."""

    title, short_name = "TF-IDF + CRF", "TF-IDF with a conditional random field"
    package = CrfTags.package

    def fit(self, train):
        intents = {"logits": self.classes["intent_logits"]}
        slots = {"logits": self.classes["slot_logits"]}
        self._intents = TfidfLabels(_as_texts(train), self.task, intents, ())
        self._slots = CrfTags(train, self.task, slots, ())

    def predict(self, dataset):
        return {
            "intent_logits": self._intents.predict(_as_texts(dataset))["logits"],
            "slot_logits": self._slots.predict(dataset)["logits"],
        }

    def confidences(self, dataset):
        intents = self._intents.confidences(_as_texts(dataset))
        return [a * b for a, b in zip(intents, self._slots.confidences(dataset), strict=True)]


class SentenceAnswers(DecidingBaseline):
    """The sentence of the context that is most like the question."""

    title, short_name = MostAlikeSentence.name, MostAlikeSentence.name
    learns_labels = False

    def fit(self, train):
        self._answerer = MostAlikeSentence(train)

    def predict(self, dataset):
        return {"answers": self._answerer.predict(dataset)}

    def confidences(self, dataset):
        """Returns the cosine of the answer, 0 for a wrong one."""
        return [
            chosen.probability
            if score_answer(answers, span_text(context, chosen.span)).exact_match
            else 0.0
            for chosen, context, answers in zip(
                self._answerer.predict(dataset),
                dataset.contexts,
                answer_texts(dataset),
                strict=True,
            )
        ]


BASELINES: dict[str, type[Baseline]] = {
    TaskName.TEXT_CLASSIFICATION.value: TfidfLabels,
    TaskName.MULTI_LABEL_CLASSIFICATION.value: TfidfLabelSets,
    TaskName.REGRESSION.value: TfidfNumbers,
    TaskName.TOKEN_CLASSIFICATION.value: CrfTags,
    TaskName.INTENT_AND_SLOTS.value: TfidfAndCrf,
    TaskName.QUESTION_ANSWERING.value: SentenceAnswers,
}


def _as_texts(commands: TokenDataset) -> TextDataset:
    texts = [" ".join(words) for words in commands.sentences]
    return TextDataset(commands.name, texts, labels=commands.labels)
