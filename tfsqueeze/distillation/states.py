"""What is inside a model, as outputs, for its quantization-aware twin too."""

from __future__ import annotations

from collections.abc import Iterable

import tensorflow as tf
import tf_keras as keras

from tfsqueeze.models.pretrained import PreTrainedModel


def twin_with_states(
    twin: keras.Model,
    model: PreTrainedModel,
    *,
    hidden_states: Iterable[int] = (),
    attentions: Iterable[int] = (),
) -> keras.Model:
    """Does for a model's quantization-aware twin what `PreTrainedModel.with_states` does.

    twin: what `quantize_aware(model)` returned, whose layers have the names of the model's; or the
        model itself.
    """
    named = model.with_states(hidden_states=hidden_states, attentions=attentions)
    if twin is model:
        return named
    # Not `layer.output`: TF-MOT has called the same layers in graphs of its own.
    made_by = {
        node.layer.name: tf.nest.flatten(node.outputs)
        for nodes in twin._nodes_by_depth.values()
        for node in nodes
    }
    outputs = {}
    for name, tensor in named.output.items():
        layer, _, index = tensor._keras_history
        outputs[name] = made_by[layer.name][index]
    return keras.Model(twin.input, outputs, name=f"{twin.name}_with_states")
