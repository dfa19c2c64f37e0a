"""Folding of the scales of `NoNorm` into products.

If y = gamma (W x + b) + beta, it is one product, with the rows of W, and b, times gamma. If a product
alone reads gamma x + beta, it can read x, with the columns of W times gamma and W beta added to its
bias. Both are exact. MobileBERT has three such normalizations in each layer: after both bottlenecks
and before the product that widens the states.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers import GroupedConvolution, NoNorm
from tfsqueeze.quantization.layer_graph import LayerGraph


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
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for layer in model.layers:
        if not isinstance(layer, NoNorm) or not layer.scale or not layer.center:
            continue
        if (product := _product_before(graph, layer)) is not None:
            before[layer.name] = product
        elif (product := _product_after(graph, layer)) is not None:
            after[layer.name] = product
    if not before and not after:
        return model

    def copy(layer: Any) -> Any:
        config = layer.get_config()
        if layer.name in before or layer.name in after:
            config["scale"] = False
        return layer.__class__.from_config(config)

    folded = keras.models.clone_model(model, clone_function=copy)
    for layer in model.layers:
        if layer.name not in before and layer.name not in after:
            folded.get_layer(layer.name).set_weights(layer.get_weights())
    for name, product in before.items():
        _scale_outputs(folded.get_layer(product.name), model.get_layer(name))
    for name, product in after.items():
        _scale_inputs(folded.get_layer(product.name), model.get_layer(name))
    return folded


def _product_before(graph: LayerGraph, layer: Any) -> Any:
    """Returns the product whose output a normalization alone reads, or None."""
    product = _producer(layer)
    if not isinstance(product, GroupedConvolution) or product.activation is not None:
        return None
    return product if _sole_consumer(graph, product) is layer else None


def _product_after(graph: LayerGraph, layer: Any) -> Any:
    """Returns the product that alone reads a normalization, or None."""
    product = _sole_consumer(graph, layer)
    if not isinstance(product, GroupedConvolution):
        return None
    return product if _producer(product) is layer else None


def _producer(layer: Any) -> Any:
    """Returns the one layer that a layer, called once, reads; None if it is not so."""
    if len(layer.inbound_nodes) != 1:
        return None
    tensors = layer.inbound_nodes[0].keras_inputs
    return tensors[0].node.layer if len(tensors) == 1 else None


def _sole_consumer(graph: LayerGraph, layer: Any) -> Any:
    """Returns the one layer that reads a layer, called once; None if it is not so."""
    consumers = graph.consumers(layer)
    if len(layer.inbound_nodes) != 1 or graph.is_output(layer) or len(consumers) != 1:
        return None
    return consumers[0]


def _scale_outputs(product: Any, normalization: Any) -> None:
    gamma, beta = normalization.gamma.numpy(), normalization.beta.numpy()
    for group, (scale, offset) in enumerate(_groups(product, gamma, beta / product.output_scale)):
        kernel, bias = _weights(product, group)
        kernel.assign(kernel.numpy() * scale)
        bias.assign(bias.numpy() * scale + offset)


def _scale_inputs(product: Any, normalization: Any) -> None:
    gamma, beta = normalization.gamma.numpy(), normalization.beta.numpy()
    for group, (scale, offset) in enumerate(_groups(product, gamma, beta)):
        kernel, bias = _weights(product, group)
        bias.assign(bias.numpy() + offset @ kernel.numpy()[0, 0])
        kernel.assign(kernel.numpy() * scale[:, None])


def _groups(product: Any, *vectors: np.ndarray) -> Any:
    return zip(*(np.split(vector, product.groups) for vector in vectors), strict=True)


def _weights(product: Any, group: int) -> tuple[Any, Any]:
    return getattr(product, f"kernel_{group}"), getattr(product, f"bias_{group}")
