"""Folding of the scales of `NoNorm` into products.

Let a normalization be y = gamma x + beta.

- If x = W z + b, then y is one product, with the rows of W, and b, times gamma.
- A product of y is a product of x, with the columns of W times gamma and W beta added to its bias.
- A residual sum y + W z + b is gamma (x + (W z + b + beta) / gamma). So it can read x, if the last
  product of the other branch is divided by gamma, and the normalization of the sum multiplies by
  gamma too.

All three are exact, and save the int8 graph a multiplication each. The third hands a scale on to
the next normalization, which does the same with both. It ends where the scales of the channels
have become too different: channels of one tensor share an int8 step, and small ones would lose
precision. All three are for MobileBERT, each layer of which has a normalization after both
bottlenecks, after attention, after each feed-forward network and at the end.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers import GroupedConvolution, NoNorm, ResidualAdd
from tfsqueeze.quantization.layer_graph import LayerGraph

# The most that the largest scale of those handed on may be over the smallest. With random models
# of two layers, 2 cost no precision whatever their scales were, and no limit up to 5 dB.
MOST_SPREAD = 2.0


@tf.autograph.experimental.do_not_convert
def fold_scales(model: keras.Model) -> keras.Model:
    """Returns an equivalent model in which products have absorbed scales, and offsets with them.

    Args:
        model: a float Functional model, which stays as it is.

    Returns:
        A Functional model of layers of the same names; the model itself if there is nothing to
        fold.
    """
    graph = LayerGraph(model)
    products = {x.name: _Product(x) for x in model.layers if isinstance(x, GroupedConvolution)}
    kept = {x.name: x.get_weights() for x in model.layers if _has_scale(x)}
    folded: dict[str, list[np.ndarray]] = {}
    for layer in filter(_has_scale, model.layers):
        if (weights := _fold(layer, graph, products, kept)) is not None:
            folded[layer.name] = weights
    if not folded:
        return model

    def copy(layer: Any) -> Any:
        config = layer.get_config()
        if layer.name in folded:
            config["scale"] = False
        return layer.__class__.from_config(config)

    result = keras.models.clone_model(model, clone_function=copy)
    for layer in model.layers:
        if layer.name in products:
            weights = products[layer.name].weights()
        else:
            weights = folded.get(layer.name) or kept.get(layer.name) or layer.get_weights()
        result.get_layer(layer.name).set_weights(weights)
    return result


def _fold(
    layer: Any,
    graph: LayerGraph,
    products: dict[str, _Product],
    kept: dict[str, list[np.ndarray]],
) -> list[np.ndarray] | None:
    """Lets products absorb the scale of a normalization.

    Args:
        layer: the normalization.
        graph: the layers of its model.
        products: all products, by name; those that absorb the scale change.
        kept: the weights of all normalizations, by name; those to which the scale is handed on
            change.

    Returns:
        The weights that the layer has without its scale; None if it keeps it.
    """
    gamma, beta = kept[layer.name]
    if (product := _product_before(graph, layer)) is not None:
        products[product.name].scale_outputs(gamma, beta)
        return [np.ones_like(gamma), np.zeros_like(beta)]
    readers = graph.absorbing_products(layer)
    if not readers:
        return None
    sums = _sums(graph, readers)
    if sums is None or (sums and not _is_even(gamma)):
        return None
    for product, add in readers:
        if add is None:
            products[product.name].scale_inputs(gamma, beta)
    for product, add in readers:
        if add is not None:
            products[product.name].scale_outputs(1 / gamma, beta / gamma)
    for normalization in sums:
        kept[normalization][0] = kept[normalization][0] * gamma
    return [gamma, beta]


def _has_scale(layer: Any) -> bool:
    return isinstance(layer, NoNorm) and layer.scale and layer.center


def _is_even(gamma: np.ndarray) -> bool:
    sizes = np.abs(gamma)
    return sizes.max() <= MOST_SPREAD * sizes.min()


def _product_before(graph: LayerGraph, layer: Any) -> Any:
    """Returns the product whose output a normalization alone reads, or None."""
    if len(layer.inbound_nodes) != 1:
        return None
    product = layer.inbound_nodes[0].keras_inputs[0].node.layer
    if not isinstance(product, GroupedConvolution) or product.activation is not None:
        return None
    return product if _sole_consumer(graph, product) is layer else None


def _sums(graph: LayerGraph, readers: list[tuple[Any, ResidualAdd | None]]) -> set[str] | None:
    """Returns the names of the normalizations of the sums; None if a sum has another reader."""
    normalizations = [_sole_consumer(graph, add) for _, add in readers if add is not None]
    if not all(_has_scale(layer) for layer in normalizations):
        return None
    return {layer.name for layer in normalizations}


def _sole_consumer(graph: LayerGraph, layer: Any) -> Any:
    """Returns the one layer that reads a layer, called once; None if it is not so."""
    consumers = graph.consumers(layer)
    if len(layer.inbound_nodes) != 1 or graph.is_output(layer) or len(consumers) != 1:
        return None
    return consumers[0]


class _Product:
    """The weights of a `GroupedConvolution`, which change."""

    def __init__(self, layer: GroupedConvolution) -> None:
        self._output_scale = layer.output_scale
        weights = layer.get_weights()
        self._kernels, self._biases = weights[: layer.groups], weights[layer.groups :]

    def weights(self) -> list[np.ndarray]:
        """Returns the layer's weights, in its order."""
        return [*self._kernels, *self._biases]

    def scale_outputs(self, scale: np.ndarray, offset: np.ndarray) -> None:
        """Multiplies the result, and adds to it; each float [filters]."""
        for group, (factor, change) in enumerate(self._split(scale, offset / self._output_scale)):
            self._kernels[group] = self._kernels[group] * factor
            self._biases[group] = self._biases[group] * factor + change

    def scale_inputs(self, scale: np.ndarray, offset: np.ndarray) -> None:
        """Multiplies what the layer reads, and then adds to it; each float [channels]."""
        for group, (factor, change) in enumerate(self._split(scale, offset)):
            kernel = self._kernels[group]
            self._biases[group] = self._biases[group] + change @ kernel[0, 0]
            self._kernels[group] = kernel * factor[:, None]

    def _split(self, *vectors: np.ndarray) -> Any:
        groups = len(self._kernels)
        return zip(*(np.split(vector, groups) for vector in vectors), strict=True)
