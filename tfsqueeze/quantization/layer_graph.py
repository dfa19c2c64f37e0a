"""Which layers of a Functional model read which."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
import tf_keras as keras


class LayerGraph:
    """The producers and consumers of each layer of a Functional model.

    Args:
        model: the model.

    Attributes:
        outputs: the names of the layers that make outputs of the model.
        producers: the layers that a layer reads, by its name; None for a layer with several calls,
            since what is right for one call may be wrong for another.
        consumers: the layers that read a layer, by its name.
    """

    def __init__(self, model: keras.Model) -> None:
        self.outputs = {tensor.node.layer.name for tensor in tf.nest.flatten(model.outputs)}
        self.producers: dict[str, list[Any] | None] = {}
        self.consumers: dict[str, list[Any]] = {}
        for layer in model.layers:
            producers = [
                [tensor.node.layer for tensor in node.keras_inputs] for node in layer.inbound_nodes
            ]
            self.producers[layer.name] = producers[0] if len(producers) == 1 else None
            for producer in sum(producers, []):
                self.consumers.setdefault(producer.name, []).append(layer)

    def sole_consumer(self, layer: Any) -> Any:
        """Returns the one layer that reads a layer which is called once; None if it is not so."""
        consumers = self.consumers.get(layer.name, [])
        if layer.name in self.outputs or self.producers[layer.name] is None or len(consumers) != 1:
            return None
        return consumers[0]
