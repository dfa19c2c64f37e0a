"""From a float model to its quantization-aware twin."""

from __future__ import annotations

import os
from collections.abc import Iterable

import numpy as np
import tensorflow as tf
import tf_keras as keras
from tensorflow_model_optimization.quantization.keras import quantize_annotate_layer, quantize_apply

from tfsqueeze.layers import GroupedConvolution, QuantizableLayer
from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.models.sharing import unshare_layers
from tfsqueeze.quantization.bias_folding import move_offsets
from tfsqueeze.quantization.quantize_config import (
    SqueezeBertQuantizeConfig,
    SqueezeBertQuantizeScheme,
)
from tfsqueeze.quantization.quantizers import observe_ranges
from tfsqueeze.utils.errors import UserError


def quantize_aware(model: keras.Model, calibration_data: Iterable | None = None) -> keras.Model:
    """Returns a TF-MOT quantization-aware model with the weights of a float model of ours.

    Every tensor that the int8 graph will hold, inside layer normalization and attention too,
    is fake-quantized: weights of products symmetrically per output channel, the rest per tensor.
    The result is an ordinary Keras model: compile and fit it, then convert it. Layers that share
    weights (ALBERT) get weights of their own first, since their ranges differ.

    calibration_data: batches of model inputs (or of (inputs, labels) pairs) for the initial
        ranges of the activations; a `tf.data.Dataset` will do. Without it the first training
        batch sets them, and the model is not to be used before.

    Raises UserError where the model holds a layer that has no int8 form.
    """
    _check(model)
    if isinstance(model, PreTrainedModel):
        model = unshare_layers(model)

    offsets = move_offsets(model)

    def twin(layer):
        if not isinstance(layer, QuantizableLayer):
            return layer.__class__.from_config(layer.get_config())
        config = layer.quantized_config()
        if layer.name in offsets.normalizations:
            config["center"] = False
        return quantize_annotate_layer(
            layer.__class__.from_config(config), SqueezeBertQuantizeConfig()
        )

    annotated = keras.models.clone_model(model, clone_function=twin)
    annotated.set_weights(_folded_weights(model, offsets))
    with quantize_objects_scope():
        quantized = quantize_apply(
            annotated, SqueezeBertQuantizeScheme(), quantized_layer_name_prefix=""
        )
    if calibration_data is not None:
        calibrate(quantized, calibration_data)
    return quantized


def calibrate(quantized: keras.Model, batches: Iterable) -> None:
    """Takes the ranges of all fake-quantized tensors from batches of model inputs.

    Raises UserError where there are no batches.
    """
    count = 0

    @tf.function
    def observe(inputs):
        with observe_ranges():
            quantized(inputs, training=False)

    for batch in batches:
        observe(batch[0] if isinstance(batch, tuple) else batch)
        count += 1
    if not count:
        raise UserError("calibration_data holds no batches; give at least one batch of inputs")


def quantize_objects_scope():
    """Returns the custom-object scope in which a quantization-aware model can be loaded."""
    from tensorflow_model_optimization.quantization.keras import quantize_scope

    return quantize_scope({"SqueezeBertQuantizeConfig": SqueezeBertQuantizeConfig})


def load_quantized(path: str | os.PathLike, compile: bool = True) -> keras.Model:
    """Loads a quantization-aware model that `model.save` wrote in Keras format.

    compile: whether to restore the loss and the optimizer too, as in Keras.
    """
    with quantize_objects_scope():
        return keras.models.load_model(path, compile=compile)


def _check(model):
    plain = (keras.layers.InputLayer, keras.layers.Dropout)
    for layer in model.layers:
        if not isinstance(layer, (QuantizableLayer, *plain)):
            raise UserError(
                f"layer {layer.name!r} ({type(layer).__name__}) has no int8 form; "
                "quantize_aware takes the models of tfsqueeze"
            )


def _folded_weights(model, offsets):
    """Returns the weights of the twin: with constant factors and offsets folded into products."""
    values = []
    for layer in model.layers:
        weights = {id(weight): weight.numpy() for weight in layer.weights}
        if layer.name in offsets.normalizations:
            del weights[id(layer.beta)]
        if isinstance(layer, GroupedConvolution):
            gains = offsets.biases.get(layer.name, np.zeros(layer.filters, np.float32))
            for group, gain in enumerate(np.split(gains, layer.groups)):
                weights[id(getattr(layer, f"bias_{group}"))] += gain
            weights = {key: layer.output_scale * weight for key, weight in weights.items()}
        values.extend(weights.values())
    return values
