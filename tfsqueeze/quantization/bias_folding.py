"""Folding of normalization offsets (beta) into the biases of products.

A product of x + beta is the product of x with another bias. A residual sum that reads x + beta is
the sum that reads x, if the last product of the other branch has beta added to its bias. So the
int8 graph needs no op for beta: one op less for each normalization.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import tf_keras as keras

from tfsqueeze.layers import GroupedConvolution, LayerNorm, NoNorm
from tfsqueeze.quantization.layer_graph import LayerGraph


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
    graph = LayerGraph(model)
    folding = BiasFolding()
    for layer in model.layers:
        if not isinstance(layer, (LayerNorm, NoNorm)) or not layer.center:
            continue
        products = graph.absorbing_products(layer)
        if products is None:
            continue
        folding.normalizations.add(layer.name)
        beta = layer.beta.numpy()
        for product, add in products:
            change = _multiply(product, beta) if add is None else beta
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
