"""Folding of normalization offsets (beta) into the biases of products.

A product of x + beta is the product of x with another bias. A residual sum that reads x + beta is
the sum that reads x, if the last product of the other branch has beta added to its bias. So the
int8 graph needs no op for beta: one op less for each normalization.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import tf_keras as keras

from tfsqueeze.layers import (
    FirstToken,
    FirstTokenOnly,
    GroupedConvolution,
    LayerNorm,
    NoNorm,
    ResidualAdd,
    TokensAt,
)
from tfsqueeze.quantization.layer_graph import LayerGraph

# Layers whose output holds some or all vectors of their input, unchanged at inference.
_IDENTITY_LAYERS = (keras.layers.Dropout, FirstToken, FirstTokenOnly, TokensAt)


@dataclasses.dataclass
class BiasFolding:
    """The offsets of a model that biases can absorb, and the biases that absorb them.

    Args:
        normalizations: the names of the normalization layers that lose their offset.
        bias_changes: what to add to the bias of a `GroupedConvolution`, float [filters], by the
            name of the layer.
    """

    normalizations: set[str] = dataclasses.field(default_factory=set)
    bias_changes: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)


def find_bias_folding(model: keras.Model) -> BiasFolding:
    """Finds the offsets that biases can absorb without a change of the model's outputs.

    Args:
        model: a float Functional model, which stays as it is.
    """
    graph = _Offsets(model)
    folding = BiasFolding()
    for layer in model.layers:
        if not isinstance(layer, (LayerNorm, NoNorm)) or not layer.center:
            continue
        products = graph.absorbing_products(layer)
        if products is None:
            continue
        folding.normalizations.add(layer.name)
        beta = layer.beta.numpy()
        for product, reads_offset in products:
            change = _multiply(product, beta) if reads_offset else beta
            folding.bias_changes[product.name] = (
                folding.bias_changes.get(product.name, 0.0) + change
            )
    return folding


def _multiply(layer: GroupedConvolution, x: np.ndarray) -> np.ndarray:
    """Returns the layer's product with one vector, float [channels] to [filters], without bias."""
    return np.concatenate(
        [
            part @ np.squeeze(getattr(layer, f"kernel_{group}").numpy(), (0, 1))
            for group, part in enumerate(np.split(x, layer.groups))
        ]
    )


class _Offsets(LayerGraph):
    """What can absorb the offset of a layer."""

    def absorbing_products(self, layer: Any) -> list[tuple[GroupedConvolution, bool]] | None:
        """Finds the products that can absorb the offset of a layer.

        Returns:
            The products, each with whether it reads the offset (True) or ends the branch to which
            the offset is added (False). None if not every consumer can do without the offset.
        """
        if layer.name in self.outputs or self.producers[layer.name] is None:
            return None
        products: list[tuple[GroupedConvolution, bool]] = []
        for consumer in self.consumers.get(layer.name, []):
            if self.producers[consumer.name] is None:
                return None
            if isinstance(consumer, GroupedConvolution):
                found = [(consumer, True)]
            elif isinstance(consumer, ResidualAdd):
                product = self._last_product_of_branch(consumer, layer)
                found = product and [(product, False)]
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
        others = [layer for layer in self.producers[add.name] or () if layer is not identity]
        layer = others[0] if len(others) == 1 else None
        while layer is not None and self.sole_consumer(layer) is not None:
            if isinstance(layer, GroupedConvolution):
                return layer if layer.activation is None else None
            if not isinstance(layer, keras.layers.Dropout):
                return None
            layer = (self.producers[layer.name] or (None,))[0]
        return None
