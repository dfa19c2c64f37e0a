"""The configuration of TF-MOT: what to quantize in each layer."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
import tf_keras as keras
from tensorflow_model_optimization.python.core.quantization.keras import (
    quantize_layout_transform,
    quantize_registry,
    quantize_scheme,
)
from tensorflow_model_optimization.quantization.keras import (  # pyright: ignore[reportMissingImports]
    QuantizeConfig,
)

from tfsqueeze.layers import QuantizableLayer
from tfsqueeze.quantization.quantizers import (
    ActivationQuantizer,
    LayerQuantizers,
    WeightQuantizer,
)


class SqueezeBertQuantizeConfig(QuantizeConfig):
    """Quantizes every tensor and constant that a `QuantizableLayer` names."""

    def get_weights_and_quantizers(self, layer: Any) -> list[tuple[Any, WeightQuantizer]]:
        """Returns the layer's constants, each with its quantizer."""
        return [
            (getattr(layer, name), WeightQuantizer(per_axis))
            for name, per_axis in layer.quantized_weights().items()
        ]

    def set_quantize_weights(self, layer: Any, quantize_weights: list[Any]) -> None:
        """Replaces the layer's constants by fake-quantized tensors."""
        for name, weight in zip(layer.quantized_weights(), quantize_weights, strict=True):
            setattr(layer, name, tf.cast(weight, layer.compute_dtype))

    def get_activations_and_quantizers(self, layer: Any) -> list[tuple[Any, ActivationQuantizer]]:
        """Returns a pair of an identity and a quantizer for each of the layer's activations."""
        return [
            (keras.activations.linear, ActivationQuantizer(name, tensor_range))
            for name, tensor_range in layer.tensor_ranges().items()
        ]

    def set_quantize_activations(self, layer: Any, quantize_activations: list[Any]) -> None:
        """Gives the layer the functions that fake-quantize its activations."""
        activations = dict(zip(layer.tensor_ranges(), quantize_activations, strict=True))
        layer.set_quantizers(LayerQuantizers(activations))

    def get_output_quantizers(self, layer: Any) -> list[Any]:
        """Returns no quantizers: the last of a layer's activations is its output."""
        return []

    def get_config(self) -> dict[str, Any]:
        """Returns an empty config: the layer itself says what to quantize."""
        return {}


class _IdentityTransform(quantize_layout_transform.QuantizeLayoutTransform):
    """Leaves the graph as it is.

    TF-MOT's default transform adds a fake quantization to integer inputs, which fails.
    """

    def apply(self, model: Any, layer_quantize_map: Any) -> tuple[Any, Any]:
        return model, layer_quantize_map


class _Registry(quantize_registry.QuantizeRegistry):
    """Supports the layers of tfsqueeze and no others."""

    def supports(self, layer: Any) -> bool:
        return isinstance(layer, QuantizableLayer)

    def get_quantize_config(self, layer: Any) -> SqueezeBertQuantizeConfig:
        return SqueezeBertQuantizeConfig()


class SqueezeBertQuantizeScheme(quantize_scheme.QuantizeScheme):
    """The TF-MOT scheme for graphs of `QuantizableLayer`s."""

    def get_layout_transformer(self) -> _IdentityTransform:
        """Returns the transform of the graph."""
        return _IdentityTransform()

    def get_quantize_registry(self) -> _Registry:
        """Returns the registry of the supported layers."""
        return _Registry()
