"""Word embeddings that are learned with those of tokens that are spelled alike."""

from __future__ import annotations

from collections.abc import Sequence

from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.tokenizers.spelling import spelling_feature_ids


def share_spelling(model: PreTrainedModel, vocabulary: Sequence[str]) -> None:
    """Adds to the embedding of each token, while a new model learns, vectors of what its spelling
    shares with that of others, as those of letters in fastText (Bojanowski et al. 2017, arXiv
    1607.04606, section 3.2).

    What a frequent token teaches about a shape or an ending holds for rare ones as well.
    `fold_spelling` makes the sums a model's plain table.

    vocabulary: the tokens in order of their ids.
    """
    model.get_layer("embeddings").share_spelling(spelling_feature_ids(vocabulary))


def fold_spelling(model: PreTrainedModel) -> PreTrainedModel:
    """Returns a plain model of the same outputs as one that `share_spelling` was done to."""
    plain = type(model)(model.config, input_names=model.input_names, name=model.name)
    for layer in plain.layers:
        trained = model.get_layer(layer.name)
        layer.set_weights(
            trained.folded_weights() if layer.name == "embeddings" else trained.get_weights()
        )
    return plain
