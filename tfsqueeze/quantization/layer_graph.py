"""The producers and consumers of each layer of a Functional model."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers import (
    FirstToken,
    FirstTokenOnly,
    GroupedConvolution,
    ResidualAdd,
    TokensAt,
)

# Layers whose output holds some or all vectors of their input, unchanged at inference.
_IDENTITY_LAYERS = (keras.layers.Dropout, FirstToken, FirstTokenOnly, TokensAt)


class LayerGraph:
    """The producers and consumers of each layer of a Functional model."""

    def __init__(self, model: keras.Model) -> None:
        self._output_layers = {tensor.node.layer.name for tensor in tf.nest.flatten(model.outputs)}
        self._producers: dict[str, list[Any] | None] = {}
        self._consumers: dict[str, list[Any]] = {}
        for layer in model.layers:
            producers = [
                [tensor.node.layer for tensor in node.keras_inputs] for node in layer.inbound_nodes
            ]
            # A layer with several calls has no one list: what is right for one call may be wrong
            # for another.
            self._producers[layer.name] = producers[0] if len(producers) == 1 else None
            for producer in sum(producers, []):
                self._consumers.setdefault(producer.name, []).append(layer)

    def consumers(self, layer: Any) -> list[Any]:
        """Returns the layers that read a layer's output."""
        return self._consumers.get(layer.name, [])

    def is_output(self, layer: Any) -> bool:
        """Returns whether the model has the layer's output among its own."""
        return layer.name in self._output_layers

    def absorbing_products(
        self, layer: Any
    ) -> list[tuple[GroupedConvolution, ResidualAdd | None]] | None:
        """Finds the products that can absorb the offset of a layer.

        Returns:
            The products, each with None if it reads the offset, or with the sum if it ends the
            branch to which the offset is added. None if not every consumer can do without the
            offset.
        """
        if layer.name in self._output_layers or self._producers[layer.name] is None:
            return None
        products: list[tuple[GroupedConvolution, ResidualAdd | None]] = []
        for consumer in self._consumers.get(layer.name, []):
            if self._producers[consumer.name] is None:
                return None
            if isinstance(consumer, GroupedConvolution):
                found = [(consumer, None)]
            elif isinstance(consumer, ResidualAdd):
                product = self._last_product_of_branch(consumer, layer)
                found = product and [(product, consumer)]
            elif isinstance(consumer, _IDENTITY_LAYERS):
                found = self.absorbing_products(consumer)
            else:
                found = None
            if found is None:
                return None
            products += found
        return products

    def _last_product_of_branch(self, add: Any, identity: Any) -> GroupedConvolution | None:
        """Returns the product whose output is all that is added to `identity`, or None."""
        others = [layer for layer in self._producers[add.name] or () if layer is not identity]
        layer = others[0] if len(others) == 1 else None
        while layer is not None and self._has_one_consumer(layer):
            if isinstance(layer, GroupedConvolution):
                return layer if layer.activation is None else None
            if not isinstance(layer, keras.layers.Dropout):
                return None
            layer = (self._producers[layer.name] or (None,))[0]
        return None

    def _has_one_consumer(self, layer: Any) -> bool:
        return (
            layer.name not in self._output_layers
            and self._producers[layer.name] is not None
            and len(self._consumers[layer.name]) == 1
        )
