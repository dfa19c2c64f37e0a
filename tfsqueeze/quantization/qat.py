"""Quantization-aware models: made from float models, calibrated and loaded."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras
from tensorflow_model_optimization.quantization.keras import (  # pyright: ignore[reportMissingImports]
    quantize_annotate_layer,
    quantize_apply,
    quantize_scope,
)

from tfsqueeze.layers import GroupedConvolution, QuantizableLayer
from tfsqueeze.models.first_token import compute_first_token_only
from tfsqueeze.models.fusion import fuse_loops
from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.models.sharing import unshare_layers
from tfsqueeze.quantization.bias_folding import BiasFolding, find_bias_folding
from tfsqueeze.quantization.quantize_config import (
    SqueezeBertQuantizeConfig,
    SqueezeBertQuantizeScheme,
)
from tfsqueeze.quantization.quantized_model import QuantizationAwareModel
from tfsqueeze.quantization.quantizers import observe_ranges
from tfsqueeze.quantization.scale_folding import fold_scales
from tfsqueeze.utils.autograph import skip_autograph
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.keras_files import load_model


def quantize_aware(model: keras.Model, calibration_data: Iterable | None = None) -> keras.Model:
    """Returns a quantization-aware copy of a float model of tfsqueeze, made with TF-MOT.

    Every tensor that the int8 graph will have is fake-quantized, also inside layer normalization
    and attention: the weights of products symmetrically per output channel, the rest per tensor.
    The result is an ordinary Keras model: compile and fit it, then convert it. Layers that share
    weights (ALBERT) get weights of their own first, since their ranges differ.

    Args:
        model: the float model, which stays as it is.
        calibration_data: batches of model inputs, or of (inputs, labels) pairs, for the initial
            ranges of the activations; a `tf.data.Dataset` will do. Without it the first training
            batch sets the ranges, and the model must not be used before.

    Raises:
        UserError: the model has a layer without an int8 form.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import SqueezeBertForSequenceClassification, load_preset, quantize_aware
        >>> config = load_preset("squeezebert-micro", vocab_size=50, num_hidden_layers=1)
        >>> model = SqueezeBertForSequenceClassification(config, input_names=("input_ids",))
        >>> input_ids = np.array([[2, 7, 9, 3], [2, 8, 3, 0]])
        >>> qat_model = quantize_aware(model, [{"input_ids": input_ids}])
        >>> qat_model.predict({"input_ids": input_ids}, verbose=0).shape
        (2, 2)
    """
    _check(model)
    if isinstance(model, PreTrainedModel):
        model = unshare_layers(model)

    folded = fold_scales(model)
    folding = find_bias_folding(folded)

    def annotated_copy(layer: Any) -> Any:
        if not isinstance(layer, QuantizableLayer):
            return layer.__class__.from_config(layer.get_config())
        config = layer.quantized_config()
        if layer.name in folding.normalizations:
            config["center"] = False
        return quantize_annotate_layer(
            layer.__class__.from_config(config), SqueezeBertQuantizeConfig()
        )

    @tf.autograph.experimental.do_not_convert
    def build() -> keras.Model:
        annotated = keras.models.clone_model(folded, clone_function=annotated_copy)
        annotated.set_weights(_folded_weights(folded, folding))
        with quantize_scope():
            quantized = quantize_apply(
                annotated, SqueezeBertQuantizeScheme(), quantized_layer_name_prefix=""
            )
        for wrapper in quantized.layers:
            # TF-MOT gives its wrappers the global policy, but logits are float32 in any case.
            if isinstance(inner := getattr(wrapper, "layer", None), QuantizableLayer):
                wrapper._set_dtype_policy(inner.dtype_policy)
        return QuantizationAwareModel(quantized.input, quantized.output, name=quantized.name)

    qat_model = skip_autograph(build())
    compute_first_token_only(qat_model)
    fuse_loops(qat_model, any(getattr(layer, "fuses", False) for layer in model.layers))
    if calibration_data is not None:
        calibrate(qat_model, calibration_data)
    return qat_model


def calibrate(qat_model: keras.Model, batches: Iterable) -> None:
    """Updates the ranges of a quantization-aware model's activations from data.

    Args:
        qat_model: the model, which changes in place.
        batches: batches of model inputs, or of (inputs, labels) pairs.

    Raises:
        UserError: there are no batches.
    """

    # Traced once, for batches of any size and length.
    @tf.function(autograph=False, reduce_retracing=True)
    def observe(inputs: Any) -> None:
        with observe_ranges():
            qat_model(inputs, training=False)

    count = 0
    for batch in batches:
        inputs = batch[0] if isinstance(batch, tuple) else batch
        if not count:
            observe.get_concrete_function(tf.nest.map_structure(_of_any_size, inputs))
        observe(inputs)
        count += 1
    if not count:
        raise UserError("calibration_data holds no batches; give at least one batch of inputs")


def _of_any_size(values: Any) -> tf.TensorSpec:
    tensor = tf.convert_to_tensor(values)
    return tf.TensorSpec([None] * tensor.shape.rank, tensor.dtype)


def load_quantized(path: str | os.PathLike, compile: bool = True) -> keras.Model:
    """Loads a quantization-aware model that `model.save` wrote in Keras format.

    `keras.models.load_model` loads it too, but also files that name classes of others.

    Args:
        path: the `.keras` file.
        compile: whether to restore the loss and the optimizer too, as in Keras.

    Example:
        >>> import os, tempfile
        >>> import numpy as np
        >>> from tfsqueeze import SqueezeBertModel, load_preset, load_quantized, quantize_aware
        >>> config = load_preset("squeezebert-micro", vocab_size=50, num_hidden_layers=0)
        >>> model = SqueezeBertModel(config, input_names=("input_ids",))
        >>> qat_model = quantize_aware(model, [{"input_ids": np.array([[2, 7, 9, 3]])}])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     qat_model.save(os.path.join(folder, "model.keras"))
        ...     loaded = load_quantized(os.path.join(folder, "model.keras"), compile=False)
        >>> len(loaded.weights) == len(qat_model.weights)
        True
    """
    model = load_model(path, compile=compile)
    # Files of earlier versions have no class that does so.
    compute_first_token_only(model)
    return model


def _check(model: keras.Model) -> None:
    plain = (keras.layers.InputLayer, keras.layers.Dropout)
    for layer in model.layers:
        if not isinstance(layer, (QuantizableLayer, *plain)):
            raise UserError(
                f"layer {layer.name!r} ({type(layer).__name__}) has no int8 form; "
                "quantize_aware takes the models of tfsqueeze"
            )


def _folded_weights(model: keras.Model, folding: BiasFolding) -> list[np.ndarray]:
    """Returns the model's weights with constant factors and offsets folded into products."""
    values = []
    for layer in model.layers:
        weights = {id(weight): weight.numpy() for weight in layer.weights}
        if layer.name in folding.normalizations:
            del weights[id(layer.beta)]
        if isinstance(layer, GroupedConvolution):
            changes = folding.bias_changes.get(layer.name, np.zeros(layer.filters, np.float32))
            for group, change in enumerate(np.split(changes, layer.groups)):
                weights[id(getattr(layer, f"bias_{group}"))] += change
            weights = {key: layer.output_scale * weight for key, weight in weights.items()}
        values.extend(weights.values())
    return values
