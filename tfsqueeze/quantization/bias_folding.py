"""Offsets of normalization moved into the biases of the products that read it.

A product of x + beta is the product of x with another bias, and a residual sum of x + beta that of
x where the branch's last product has beta in its bias. So the int8 graph adds no offset: one op
less for each normalization.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers import (
    FirstToken,
    FirstTokenOnDevice,
    GroupedConvolution,
    LayerNorm,
    NoNorm,
    ResidualAdd,
    TokensAt,
)

_PASSING_ON = (keras.layers.Dropout, FirstToken, FirstTokenOnDevice, TokensAt)


@dataclasses.dataclass
class MovedOffsets:
    """Which normalizations lose their offset, and what biases gain by that.

    normalizations: names of layers. biases: by the name of a `GroupedConvolution`, what is added
    to its bias, float [filters].
    """

    normalizations: set[str] = dataclasses.field(default_factory=set)
    biases: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)


def move_offsets(model: keras.Model) -> MovedOffsets:
    """Finds the normalizations of a float model whose offset biases can hold without a change of
    the model's outputs."""
    graph = _Graph(model)
    moved = MovedOffsets()
    for layer in model.layers:
        if not isinstance(layer, (LayerNorm, NoNorm)) or not layer.center:
            continue
        takers = graph.takers(layer)
        if takers is None:
            continue
        moved.normalizations.add(layer.name)
        beta = layer.beta.numpy()
        for product, reads in takers:
            gain = _product(product, beta) if reads else beta
            moved.biases[product.name] = moved.biases.get(product.name, 0.0) + gain
    return moved


def _product(layer: GroupedConvolution, x: np.ndarray) -> np.ndarray:
    """The layer's products with one vector, float [channels] to [filters], without bias."""
    return np.concatenate(
        [
            piece @ np.squeeze(getattr(layer, f"kernel_{group}").numpy(), (0, 1))
            for group, piece in enumerate(np.split(x, layer.groups))
        ]
    )


class _Graph:
    """Who reads whose output in a Functional model."""

    def __init__(self, model):
        self._ends = {tensor.node.layer.name for tensor in tf.nest.flatten(model.outputs)}
        self._sources, self._readers = {}, {}
        for layer in model.layers:
            sources = [
                [tensor.node.layer for tensor in node.keras_inputs] for node in layer.inbound_nodes
            ]
            # What suits one call of a layer that has several may not suit another.
            self._sources[layer.name] = sources[0] if len(sources) == 1 else None
            for source in sum(sources, []):
                self._readers.setdefault(source.name, []).append(layer)

    def takers(self, layer) -> list[tuple[GroupedConvolution, bool]] | None:
        """Returns the products that can take the layer's offset, and whether each reads it or
        stands at the end of the branch that is added to it; None where not all of its readers
        can do without."""
        if layer.name in self._ends or self._sources[layer.name] is None:
            return None
        takers = []
        for reader in self._readers.get(layer.name, []):
            if self._sources[reader.name] is None:
                return None
            if isinstance(reader, GroupedConvolution):
                found = [(reader, True)]
            elif isinstance(reader, ResidualAdd):
                product = self._branch_product(reader, layer)
                found = product and [(product, False)]
            elif isinstance(reader, _PASSING_ON):
                found = self.takers(reader)
            else:
                found = None
            if found is None:
                return None
            takers += found
        return takers

    def _branch_product(self, add, identity):
        """The product whose output is all that is added to `identity`, or None."""
        others = [source for source in self._sources[add.name] if source is not identity]
        layer = others[0] if len(others) == 1 else None
        while layer is not None and self._read_once(layer):
            if isinstance(layer, GroupedConvolution):
                return layer if layer.activation is None else None
            if not isinstance(layer, keras.layers.Dropout):
                return None
            layer = self._sources[layer.name][0]
        return None

    def _read_once(self, layer):
        return (
            layer.name not in self._ends
            and self._sources[layer.name] is not None
            and len(self._readers[layer.name]) == 1
        )
