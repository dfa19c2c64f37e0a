"""Which models train with compiled loops."""

from __future__ import annotations

import tf_keras as keras

from tfsqueeze.layers import Dropout, QuantizableLayer
from tfsqueeze.models.inner_layers import inner_layers

# A narrower model has so little to compute in a step that compiling takes longer than it saves,
# unless it trains for long.
_MIN_HIDDEN_SIZE = 256
# Tokens times channels: about half a minute of training on two cores. Compiling takes seconds.
_MIN_VALUES = 1e8


def fuse_loops(model: keras.Model, enabled: bool) -> None:
    """Sets whether training runs element-wise operations as compiled loops; see `Fused`.

    Compiling takes a few seconds for each size of batches. Dropout keeps the same values either
    way; the other numbers differ by rounding.

    Args:
        model: a float or quantization-aware model, which changes in place. Functions that were
            traced before stay as they are.
        enabled: whether to compile.
    """
    for layer in inner_layers(model):
        if isinstance(layer, (Dropout, QuantizableLayer)):
            layer.fuses = enabled


def fuses_by_default(hidden_size: int) -> bool:
    """Returns whether a model of a width trains with compiled loops unless it is told otherwise.

    Args:
        hidden_size: the number of channels.
    """
    return hidden_size >= _MIN_HIDDEN_SIZE


def pays_off(hidden_size: int, tokens: int) -> bool:
    """Returns whether a training is long enough for compiled loops.

    Args:
        hidden_size: the number of channels.
        tokens: the number of tokens in all epochs.
    """
    return hidden_size * tokens >= _MIN_VALUES
