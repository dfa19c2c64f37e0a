"""What needs no neural network, for each kind of data: predictions as a task decodes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from tfsqueeze.data.datasets.concatenation import concatenate
from tfsqueeze.data.datasets.number_dataset import NumberDataset
from tfsqueeze.data.datasets.question_dataset import QuestionDataset
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.evaluation.baselines import TfidfClassifier
from tfsqueeze.evaluation.crf_baseline import CrfTagger
from tfsqueeze.evaluation.sentence_baseline import MostAlikeSentence
from tfsqueeze.tasks.outputs import OUTSIDE_TAG

_PENALTIES = (0.1, 1.0, 10.0)


def majority_predictions(train: Any, test: Any) -> tuple[str, dict[str, list]] | None:
    """Predicts what is most frequent: the label, the tag O, or the mean of numbers.

    Returns the name of the baseline and the predictions by output, as `Task.decode` returns them;
    None for questions, of which no answer is frequent.
    """
    count = len(test)
    if isinstance(test, QuestionDataset):
        return None
    if isinstance(test, NumberDataset):
        return "mean", {"logits": [float(train.numbers().mean())] * count}
    if isinstance(test, TextDataset):
        return "most frequent label", {"logits": [_most_frequent(train.labels)] * count}
    tags = [[OUTSIDE_TAG] * len(words) for words in test.sentences]
    if train.labels is None:
        return "no entity", {"logits": tags}
    intents = [_most_frequent(train.labels)] * count
    return "most frequent intent, no slot", {"intent_logits": intents, "slot_logits": tags}


def classical_predictions(train: Any, validation: Any, test: Any) -> tuple[str, dict[str, list]]:
    """Predicts by the classical method that fits the data; the result is as of the majority.

    train, validation: what is learned from; the second chooses settings first.
    """
    if isinstance(test, QuestionDataset):
        return MostAlikeSentence.name, {"answers": MostAlikeSentence(test).predict(test)}
    whole = concatenate([train, validation])
    if isinstance(test, NumberDataset):
        return "cosine of TF-IDF", {"logits": tfidf_cosines(whole, test)}
    if isinstance(test, TextDataset):
        if test.text_pairs is not None:
            classifier = PairClassifier.choose(train, validation)
            return PairClassifier.name, {"logits": classifier.predict(test)}
        return TfidfClassifier.name, {"logits": _labels_by_tfidf(whole, test)}
    tags = CrfTagger(whole).predict(test.sentences)
    if whole.labels is None:
        return CrfTagger.name, {"logits": tags}
    intents = _labels_by_tfidf(_as_texts(whole), _as_texts(test))
    return (
        f"{TfidfClassifier.name}; {CrfTagger.name}",
        {"intent_logits": intents, "slot_logits": tags},
    )


class PairClassifier:
    """Logistic regression on TF-IDF of both texts of a pair, their difference and their overlap.

    Features are the two vectors a and b of words, |a - b|, the products a b, and their sum, the
    cosine.

    train: pairs with labels. penalty: scikit-learn's `C`, the inverse of the penalty's strength.
    """

    name = "TF-IDF of both texts, difference and overlap + logistic regression"

    def __init__(self, train: TextDataset, penalty: float) -> None:
        self.penalty = penalty
        self._vectorizer = _fit_vectorizer(train)
        self._classifier = LogisticRegression(C=penalty, max_iter=1000)
        self._classifier.fit(self._features(train), train.labels)

    @classmethod
    def choose(cls, train: TextDataset, validation: TextDataset) -> PairClassifier:
        """Returns a classifier of both parts with the penalty that is best on the second."""
        right = [
            np.mean(np.array(cls(train, penalty).predict(validation)) == validation.labels)
            for penalty in _PENALTIES
        ]
        return cls(concatenate([train, validation]), _PENALTIES[int(np.argmax(right))])

    def predict(self, pairs: TextDataset) -> list[str]:
        """Returns the label of each pair."""
        return self._classifier.predict(self._features(pairs)).tolist()

    def _features(self, pairs: TextDataset):
        first, second = _vectors_of_both(self._vectorizer, pairs)
        product = first.multiply(second)
        return sparse.hstack(
            [first, second, abs(first - second), product, product.sum(axis=1)], format="csr"
        )


def tfidf_cosines(train: NumberDataset, test: NumberDataset) -> list[float]:
    """Returns the cosine of the TF-IDF vectors of the two texts of each pair."""
    first, second = _vectors_of_both(_fit_vectorizer(train), test)
    return np.asarray(first.multiply(second).sum(axis=1)).ravel().tolist()


def _fit_vectorizer(pairs: Any) -> TfidfVectorizer:
    return TfidfVectorizer(sublinear_tf=True).fit([*pairs.texts, *pairs.text_pairs])


def _vectors_of_both(vectorizer: TfidfVectorizer, pairs: Any):
    return vectorizer.transform(pairs.texts), vectorizer.transform(pairs.text_pairs)


def _labels_by_tfidf(train: TextDataset, test: TextDataset) -> list[str]:
    classifier = TfidfClassifier(train)
    return [classifier.label_names[number] for number in classifier.predict(test)]


def _as_texts(commands: TokenDataset) -> TextDataset:
    texts = [" ".join(words) for words in commands.sentences]
    return TextDataset(commands.name, texts, labels=commands.labels)


def _most_frequent(names: Sequence[str] | Any) -> str:
    """Returns the most frequent name; of equally frequent ones the first by name."""
    counts = Counter(names)
    return min(counts, key=lambda name: (-counts[name], name))
