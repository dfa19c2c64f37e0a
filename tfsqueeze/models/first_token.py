"""Classifiers of the first token, whose last layer need not compute the others."""

from __future__ import annotations

import tf_keras as keras

from tfsqueeze.layers import FirstTokenOnly


def compute_first_token_only(model: keras.Model, enabled: bool = True) -> None:
    """Sets whether training computes only the first token in the last layer of a classifier.

    Args:
        model: a float or quantization-aware model, which changes in place. Functions that were
            traced before stay as they are. Models without a `FirstTokenOnly` do not change.
        enabled: False where something reads the other tokens.
    """
    for layer in model.layers:
        # TF-MOT wraps the layers of quantization-aware models.
        layer = getattr(layer, "layer", layer)
        if isinstance(layer, FirstTokenOnly):
            layer.enabled = enabled
