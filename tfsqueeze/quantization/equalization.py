"""Outlier channels of the residual stream, divided by whole numbers that later layers undo.

A few channels of a BERT's residual stream are tens of times as large as the rest (Bondarenko et al.
2021, arXiv 2109.12948, section 3). With one scale a tensor they leave few steps to the others. As
in SmoothQuant (Xiao et al. 2023, arXiv 2211.10438, section 4), a channel is divided by a factor at
its source, and the factor goes into the weights that read it. Here the residual sums hold the
divided channels too, and the next normalization takes its mean and its variance with weights.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers import (
    GroupedConvolution,
    LayerNorm,
    SqueezeBertEmbeddings,
    TransformedEmbeddings,
)
from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.models.sharing import unshare_layers
from tfsqueeze.quantization.layer_graph import LayerGraph

# The mean of squares has weights that are squares of factors, in int8: at most 121.
_LARGEST_FACTOR = 11
# A channel of up to this many times the median's magnitude stays as it is.
_LARGEST_RATIO = 1.5


@dataclasses.dataclass
class _Stream:
    """A tensor of the residual stream and all that reads it.

    Args:
        tensors: the names of the layers whose outputs have the stream's channels.
        normalizations: the names of the normalizations that read one of them.
        readers: the names of the products that read one of them.
        writers: the names of the products whose output is added to one of them.
    """

    tensors: list[str]
    normalizations: list[str]
    readers: list[str] = dataclasses.field(default_factory=list)
    writers: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Equalization:
    """The whole numbers that channels are divided by, by the name of the layer.

    Args:
        divisors: of the layers that begin a stream.
        factors: of the normalizations of a stream.
        rows: of the products that read it, whose rows are multiplied.
        columns: of the products that are added to it, whose columns are divided.
    """

    divisors: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)
    factors: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)
    rows: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)
    columns: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)


def find_equalization(
    model: keras.Model, batches: Iterable[Any], least_factor: int = 2
) -> Equalization:
    """Returns what makes the channels of a float model's residual stream alike.

    Args:
        model: a float model of tfsqueeze.
        batches: batches of model inputs, for the magnitudes of the channels.
        least_factor: a stream whose factors are all smaller stays as it is.
    """
    model = _with_own_layers(model)
    graph = LayerGraph(model)
    streams = [stream for layer in model.layers if (stream := _stream(graph, layer))]
    magnitudes = _magnitudes(model, {name for x in streams for name in x.tensors}, batches)
    found = Equalization()
    for stream in streams:
        channels = _factors([magnitudes[name] for name in stream.tensors])
        if channels.max() < least_factor:
            continue
        found.divisors[stream.tensors[0]] = channels
        found.factors.update(dict.fromkeys(stream.normalizations, channels))
        found.rows.update(dict.fromkeys(stream.readers, channels))
        found.columns.update(dict.fromkeys(stream.writers, channels))
    return found


@tf.autograph.experimental.do_not_convert
def equalize(model: keras.Model, found: Equalization) -> keras.Model:
    """Returns a copy of a float model that computes the same with divided channels.

    Args:
        model: the float model, in any precision, which stays as it is.
        found: what `find_equalization` returned for it.
    """
    model = _with_own_layers(model)

    def copy(layer: Any) -> Any:
        config = layer.get_config()
        if layer.name in found.factors:
            config["channel_factors"] = found.factors[layer.name].tolist()
        return layer.__class__.from_config(config)

    copied = keras.models.clone_model(model, clone_function=copy)
    for layer in model.layers:
        weights = {weight.name: weight.numpy() for weight in layer.weights}
        if isinstance(layer, GroupedConvolution):
            columns = found.columns.get(layer.name)
            _scale_product(layer, weights, found.rows.get(layer.name), columns)
        elif layer.name in found.divisors or layer.name in found.factors:
            for name in weights:
                weights[name] = weights[name] / found.divisors.get(layer.name, 1)
                if name.partition(":")[0].endswith("gamma"):
                    weights[name] *= found.factors.get(layer.name, 1)
        copied.get_layer(layer.name).set_weights(list(weights.values()))
    return copied


def _with_own_layers(model: keras.Model) -> keras.Model:
    """Returns a model whose layers share no weights, as those of ALBERT do."""
    return unshare_layers(model) if isinstance(model, PreTrainedModel) else model


def _factors(magnitudes: list[np.ndarray]) -> np.ndarray:
    ratios = np.max([x / max(np.median(x), 1e-9) for x in magnitudes], axis=0)
    return np.clip(np.ceil(ratios / _LARGEST_RATIO), 1, _LARGEST_FACTOR).astype(int)


def _scale_product(layer: Any, weights: Any, rows: Any, columns: Any) -> None:
    """Multiplies the rows of a product's kernels, and divides their columns and the biases."""
    for group in range(layer.groups):
        kernel, bias = (getattr(layer, f"{name}_{group}").name for name in ("kernel", "bias"))
        if rows is not None:
            weights[kernel] = weights[kernel] * np.split(rows, layer.groups)[group][:, None]
        if columns is not None:
            part = np.split(columns, layer.groups)[group]
            weights[kernel], weights[bias] = weights[kernel] / part, weights[bias] / part


def _stream(graph: LayerGraph, layer: Any) -> _Stream | None:
    """Returns the stream that begins with a layer's output, if a division there can be undone."""
    if isinstance(layer, SqueezeBertEmbeddings):
        if isinstance(layer, TransformedEmbeddings):
            return None
        readers = graph.consumers(layer)
        if graph.is_output(layer) or not all(isinstance(x, LayerNorm) for x in readers):
            return None
        return _Stream([layer.name], [x.name for x in readers])
    if not isinstance(layer, LayerNorm):
        return None
    products = graph.absorbing_products(layer)
    if not products:
        return None
    adds = {add.name: add for _, add in products if add is not None}
    norms = [reader for add in adds.values() for reader in graph.consumers(add)]
    if any(map(graph.is_output, adds.values())) or not all(isinstance(x, LayerNorm) for x in norms):
        return None
    return _Stream(
        [layer.name, *adds],
        [norm.name for norm in norms],
        [product.name for product, add in products if add is None],
        [product.name for product, add in products if add is not None],
    )


def _magnitudes(
    model: keras.Model, names: set[str], batches: Iterable[Any]
) -> dict[str, np.ndarray]:
    """Returns the largest magnitude of each channel of layers' outputs, by the layer's name."""
    outputs = {name: model.get_layer(name).output for name in names}
    states = keras.Model(model.inputs, outputs)
    largest: dict[str, Any] = {}
    for batch in batches:
        for name, x in states(batch, training=False).items():
            found = np.max(np.abs(x), axis=(0, 1))
            largest[name] = np.maximum(largest.get(name, 0.0), found)
    return largest
