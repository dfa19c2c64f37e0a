"""Inner states as outputs, for float and quantization-aware models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import tensorflow as tf
import tf_keras as keras

from tfsqueeze.models.first_token import compute_first_token_only, reads_last_layer
from tfsqueeze.models.pretrained import PreTrainedModel


def with_states(
    model: keras.Model,
    float_model: PreTrainedModel,
    *,
    hidden_states: Iterable[int] = (),
    attentions: Iterable[int] = (),
    projections: Iterable[int] = (),
) -> keras.Model:
    """Returns a Keras model of the same layers that also outputs inner states.

    It extends `PreTrainedModel.with_states` to quantization-aware models.

    Args:
        model: the result of `quantize_aware(float_model)`, whose layers have the same names; or
            `float_model` itself.
        float_model: the float model.
        hidden_states: the numbers of the wanted hidden states, as in `PreTrainedModel.with_states`.
        attentions: the numbers of the layers whose attention probabilities are wanted.
        projections: the numbers of the layers whose queries, keys and values are wanted.

    Returns:
        A model with the outputs of `PreTrainedModel.with_states`.

    Raises:
        UserError: the model has no state with one of the numbers.
    """
    float_states: Any = float_model.with_states(
        hidden_states=hidden_states, attentions=attentions, projections=projections
    )
    if model is float_model:
        return float_states
    # Not `layer.output`: TF-MOT has called the same layers in other graphs too.
    nodes = {node.layer.name: node for nodes in model._nodes_by_depth.values() for node in nodes}
    if reads_last_layer(float_states.output, float_model.config.num_hidden_layers):
        compute_first_token_only(model, enabled=False)
    outputs = {}
    for name, tensor in float_states.output.items():
        layer, _, index = tensor._keras_history
        node = nodes[layer.name]
        outputs[name] = tf.nest.flatten(node.outputs)[index]
        outputs[name] = _restored(outputs[name], _source(layer), nodes)
    return keras.Model(model.input, outputs, name=f"{model.name}_with_states")


def _source(layer: Any) -> Any:
    """Returns the layer that makes what dropout, which inference leaves out, returns."""
    while isinstance(layer, keras.layers.Dropout):
        layer = layer.input._keras_history.layer
    return layer


def _restored(x: Any, layer: Any, nodes: dict[str, Any]) -> Any:
    """Returns the output of a float model's layer, given that of its quantization-aware copy."""
    wrapper = nodes[layer.name].layer
    copy = getattr(wrapper, "layer", wrapper)
    if getattr(layer, "scale", False) and not copy.scale:
        return copy.restore(x)
    if getattr(layer, "center", False) and not copy.center:
        # Later layers have it in their biases; see `tfsqueeze.quantization.bias_folding`.
        return x + tf.cast(layer.beta.numpy(), x.dtype)
    return x
