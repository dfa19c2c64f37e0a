"""Models with more token types than their checkpoint has."""

from __future__ import annotations

import numpy as np

from tfsqueeze.models.copies import copy_model
from tfsqueeze.models.pretrained import PreTrainedModel

_TABLE = "embeddings/token_type_embeddings"


def extend_token_types(model: PreTrainedModel, type_vocab_size: int) -> PreTrainedModel:
    """Returns a copy of a model with more token types.

    The new types start as copies of the old ones, in their order: of 2 types, 2 and 3 are copies
    of 0 and 1, so that the copy computes what the model computes for the types of the two texts.

    Args:
        model: the model, which stays as it is.
        type_vocab_size: the number of token types of the copy.
    """
    config = model.config.replace(type_vocab_size=type_vocab_size)
    rows = np.arange(type_vocab_size) % model.config.type_vocab_size
    return copy_model(
        model, config, lambda name, values: values[rows] if name == _TABLE else values
    )
