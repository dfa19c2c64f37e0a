"""Classifiers of the first token, whose last layer need not compute the others."""

from __future__ import annotations

from collections.abc import Iterable

import tf_keras as keras

from tfsqueeze.layers import FirstTokenOnly
from tfsqueeze.models.inner_layers import inner_layers


def compute_first_token_only(model: keras.Model, enabled: bool = True) -> None:
    """Sets whether training computes only the first token in the last layer of a classifier.

    Args:
        model: a float or quantization-aware model, which changes in place. Functions that were
            traced before stay as they are. Models without a `FirstTokenOnly` do not change.
        enabled: False where something reads the other tokens.
    """
    for layer in inner_layers(model):
        if isinstance(layer, FirstTokenOnly):
            layer.enabled = enabled


def reads_last_layer(states: Iterable[str], layers: int) -> bool:
    """Returns whether states hold more of the last layer than its keys and values.

    Args:
        states: the names of states, as `PreTrainedModel.with_states` has them.
        layers: the number of layers.
    """
    last = {f"hidden_states_{layers}", f"attentions_{layers - 1}", f"queries_{layers - 1}"}
    return not last.isdisjoint(states)
