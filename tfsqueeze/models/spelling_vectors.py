"""Token embeddings that share vectors of spelling features while a model is trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.tokenizers.spelling import spelling_feature_ids


def share_spelling(model: PreTrainedModel, vocabulary: Sequence[str]) -> None:
    """Adds vectors of spelling features to the token embeddings of a new model.

    Tokens with the same feature, such as an ending, share its vector, as words share those of
    letter n-grams in fastText (Bojanowski et al. 2017, arXiv 1607.04606, section 3.2). So rare
    tokens profit from what the model learns about frequent ones. After training, `fold_spelling`
    turns the sums into a plain table.

    Args:
        model: a new model, which changes in place.
        vocabulary: the tokens in the order of their ids.
    """
    embeddings: Any = model.get_layer("embeddings")
    embeddings.share_spelling(spelling_feature_ids(vocabulary))


def copy_spelling(model: PreTrainedModel, copy: PreTrainedModel) -> None:
    """Adds the vectors of spelling features to a copy of a model, where the model has them.

    Args:
        model: the model.
        copy: a new model of the same configuration, which changes in place.
    """
    embeddings: Any = model.get_layer("embeddings")
    if embeddings.spellings is not None:
        copied: Any = copy.get_layer("embeddings")
        copied.share_spelling(embeddings.spellings)


def fold_spelling(model: PreTrainedModel) -> PreTrainedModel:
    """Returns a model with plain embeddings and the same outputs.

    Args:
        model: a model that `share_spelling` changed; it stays as it is.
    """
    plain = type(model)(model.config, input_names=model.input_names, name=model.name)
    for layer in plain.layers:
        trained: Any = model.get_layer(layer.name)
        layer.set_weights(
            trained.folded_weights() if layer.name == "embeddings" else trained.get_weights()
        )
    return plain
