"""Copies of models with other tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tfsqueeze.configs.encoder_config import EncoderConfig
from tfsqueeze.models.pretrained import PreTrainedModel


def copy_model(
    model: PreTrainedModel,
    config: EncoderConfig,
    change: Callable[[str, np.ndarray], np.ndarray],
) -> PreTrainedModel:
    """Returns a copy of a model with another configuration.

    Args:
        model: the model, which stays as it is.
        config: the configuration of the copy.
        change: returns the values of a weight in the copy, given its name, such as
            `embeddings/word_embeddings`, and its values in the model.
    """
    copied = type(model)(config, input_names=model.input_names)
    for layer in copied.layers:
        source: Any = model.get_layer(layer.name)
        layer.set_weights(
            [
                change(weight.name.split(":")[0], values)
                for weight, values in zip(layer.weights, source.get_weights(), strict=True)
            ]
        )
    return copied
