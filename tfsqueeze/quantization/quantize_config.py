"""TF-MOT's view of our layers: what to quantize in each."""

from __future__ import annotations

import tf_keras as keras
from tensorflow_model_optimization.python.core.quantization.keras import (
    quantize_layout_transform,
    quantize_registry,
    quantize_scheme,
)
from tensorflow_model_optimization.quantization.keras import QuantizeConfig

from tfsqueeze.layers import QuantizableLayer
from tfsqueeze.quantization.quantizers import ActivationQuantizer, WeightQuantizer


class SqueezeBertQuantizeConfig(QuantizeConfig):
    """Quantizes every tensor and constant that a `QuantizableLayer` names."""

    def get_weights_and_quantizers(self, layer):
        return [
            (getattr(layer, name), WeightQuantizer(per_axis))
            for name, per_axis in layer.quantized_weights().items()
        ]

    def set_quantize_weights(self, layer, quantize_weights):
        for name, weight in zip(layer.quantized_weights(), quantize_weights, strict=True):
            setattr(layer, name, weight)

    def get_activations_and_quantizers(self, layer):
        return [
            (keras.activations.linear, ActivationQuantizer(name, tensor_range))
            for name, tensor_range in layer.tensor_ranges().items()
        ]

    def set_quantize_activations(self, layer, quantize_activations):
        layer.set_quantizers(dict(zip(layer.tensor_ranges(), quantize_activations, strict=True)))

    def get_output_quantizers(self, layer):
        # The layers' own tensors end with their output.
        return []

    def get_config(self):
        return {}


class _KeepLayout(quantize_layout_transform.QuantizeLayoutTransform):
    """Leaves the graph as it is.

    TF-MOT's default transform puts a fake quantization on integer inputs, which fails.
    """

    def apply(self, model, layer_quantize_map):
        return model, layer_quantize_map


class _Registry(quantize_registry.QuantizeRegistry):
    """Knows our layers and no others."""

    def supports(self, layer):
        return isinstance(layer, QuantizableLayer)

    def get_quantize_config(self, layer):
        return SqueezeBertQuantizeConfig()


class SqueezeBertQuantizeScheme(quantize_scheme.QuantizeScheme):
    """The TF-MOT scheme for graphs of `QuantizableLayer`s."""

    def get_layout_transformer(self):
        return _KeepLayout()

    def get_quantize_registry(self):
        return _Registry()
