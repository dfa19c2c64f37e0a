"""What a tagger must beat: a conditional random field on features of words."""

from __future__ import annotations

from typing import Any

from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.evaluation.entities import entity_metrics
from tfsqueeze.tokenizers.spelling import word_shape
from tfsqueeze.utils.errors import UserError

# Those of sklearn-crfsuite's tutorial on CoNLL-2002.
_SETTINGS = {
    "algorithm": "lbfgs",
    "c1": 0.1,
    "c2": 0.1,
    "max_iterations": 100,
    "all_possible_transitions": True,
}


def crf_baseline(train: TokenDataset, test: TokenDataset) -> dict[str, Any]:
    """A linear-chain CRF (Lafferty et al., ICML 2001) on each word, its neighbours, suffixes and
    shapes, by sklearn-crfsuite.

    Takes some ten seconds for 60,000 words and 13 tags; the time grows with both.

    Returns:
        `name`; `precision`, `recall` and `f1` on `test`, as `entity_metrics` has them, in 0..1;
        and `settings`.

    Raises:
        UserError: sklearn-crfsuite is not installed, a dataset has no tags, or `test` has one
            that `train` lacks.
    """
    try:
        import sklearn_crfsuite
    except ImportError as error:
        raise UserError(
            "the CRF baseline needs sklearn-crfsuite; run pip install 'tfsqueeze[baselines]'"
        ) from error

    test.tag_ids(train.tag_names())
    tagger = sklearn_crfsuite.CRF(**_SETTINGS)
    tagger.fit([word_features(words) for words in train.sentences], train.tags)
    predictions = tagger.predict([word_features(words) for words in test.sentences])
    metrics = entity_metrics(test.tags, predictions)
    return {
        "name": "conditional random field",
        **{key: metrics[key] for key in ("precision", "recall", "f1")},
        "settings": dict(_SETTINGS),
    }


def word_features(words: list[str]) -> list[list[str]]:
    """The features of each word of a sentence: itself, itself in lower case, its last two and
    three characters and its shape; lower case and shape also of two words on either side."""
    own = [[f"lower={word.lower()}", f"shape={word_shape(word)}"] for word in words]
    features = []
    for place, word in enumerate(words):
        row = ["bias", f"word={word}", f"suffix2={word[-2:]}", f"suffix3={word[-3:]}", *own[place]]
        for offset in (-2, -1, 1, 2):
            beside = place + offset
            known = own[beside] if 0 <= beside < len(words) else ["outside"]
            row += [f"{offset:+d}:{feature}" for feature in known]
        features.append(row)
    return features
