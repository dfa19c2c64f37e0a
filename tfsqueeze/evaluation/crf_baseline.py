"""A baseline of tagging: a conditional random field on features of words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.evaluation.entities import entity_metrics
from tfsqueeze.tokenizers.spelling import word_shape
from tfsqueeze.utils.errors import UserError

# From sklearn-crfsuite's tutorial on CoNLL-2002.
_SETTINGS = {
    "algorithm": "lbfgs",
    "c1": 0.1,
    "c2": 0.1,
    "max_iterations": 100,
    "all_possible_transitions": True,
}


class CrfTagger:
    """A linear-chain CRF (Lafferty et al., ICML 2001) by sklearn-crfsuite.

    `word_features` describes the features. Training takes about ten seconds for 60,000 words and
    13 tags; the time grows with both.

    Args:
        train: the sentences to fit, with tags.

    Raises:
        UserError: sklearn-crfsuite is not installed.

    Example:
        >>> train = TokenDataset("places", [["to", "Paris"]] * 3, tags=[["O", "B-city"]] * 3)
        >>> CrfTagger(train).predict([["to", "Paris"]])
        [['O', 'B-city']]
    """

    name = "conditional random field"
    settings: Mapping[str, Any] = _SETTINGS

    def __init__(self, train: TokenDataset) -> None:
        try:
            import sklearn_crfsuite
        except ImportError as error:
            raise UserError(
                "the CRF baseline needs sklearn-crfsuite; run pip install 'tfsqueeze[baselines]'"
            ) from error

        self._tagger: Any = sklearn_crfsuite.CRF(**_SETTINGS)
        self._tagger.fit([word_features(words) for words in train.sentences], train.tags)

    def predict(self, sentences: Sequence[list[str]]) -> list[list[str]]:
        """Returns the tags of the words of each sentence.

        Args:
            sentences: the words of each.
        """
        predicted = self._tagger.predict([word_features(words) for words in sentences])
        return [list(tags) for tags in predicted]

    def predict_marginals(self, sentences: Sequence[list[str]]) -> list[list[dict[str, float]]]:
        """Returns the probability of each tag of each word, by the forward-backward algorithm.

        Args:
            sentences: the words of each.
        """
        return self._tagger.predict_marginals([word_features(words) for words in sentences])


def crf_baseline(train: TokenDataset, test: TokenDataset) -> dict[str, Any]:
    """Returns the scores of a `CrfTagger`.

    Args:
        train: the sentences to fit.
        test: the sentences to evaluate on.

    Returns:
        `name`; `precision`, `recall` and `f1` on `test` by `entity_metrics`, in 0..1; and
        `settings`.

    Raises:
        UserError: sklearn-crfsuite is not installed, or a dataset has no tags.
    """
    test.tag_names()  # Raises for sentences without tags.
    metrics = entity_metrics(test.tags or (), CrfTagger(train).predict(test.sentences))
    return {
        "name": CrfTagger.name,
        **{key: metrics[key] for key in ("precision", "recall", "f1")},
        "settings": dict(_SETTINGS),
    }


def word_features(words: list[str]) -> list[list[str]]:
    """Returns the features of each word of a sentence.

    They are the word, its lowercase form, its last two and three characters and its shape, and the
    lowercase form and the shape of the two words on either side.

    Args:
        words: the words of a sentence.

    Example:
        >>> word_features(["Paris"])[0][:4]
        ['bias', 'word=Paris', 'suffix2=is', 'suffix3=ris']
    """
    own = [[f"lower={word.lower()}", f"shape={word_shape(word)}"] for word in words]
    features = []
    for index, word in enumerate(words):
        row = ["bias", f"word={word}", f"suffix2={word[-2:]}", f"suffix3={word[-3:]}", *own[index]]
        for offset in (-2, -1, 1, 2):
            neighbour = index + offset
            shared = own[neighbour] if 0 <= neighbour < len(words) else ["outside"]
            row += [f"{offset:+d}:{feature}" for feature in shared]
        features.append(row)
    return features
