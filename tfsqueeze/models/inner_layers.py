"""The layers of float and quantization-aware models alike."""

from __future__ import annotations

from collections.abc import Iterator

import tf_keras as keras


def inner_layers(model: keras.Model) -> Iterator[keras.layers.Layer]:
    """Yields the layers of a model, without the wrappers of TF-MOT around them.

    Args:
        model: a float or quantization-aware model.
    """
    for layer in model.layers:
        yield getattr(layer, "layer", layer)
