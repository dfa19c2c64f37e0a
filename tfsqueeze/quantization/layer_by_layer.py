"""A quantization-aware model run one layer at a time, with rounding and without."""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers import FirstTokenOnly, LayerNorm, ResidualAdd, SelfAttention
from tfsqueeze.quantization.quantizers import without_rounding


class LayerStep:
    """One layer of a graph, and what reaches it, with rounding and without.

    Args:
        run: the run that the step belongs to.
        node: Keras' record of the layer's call.

    Attributes:
        layer: the layer, without TF-MOT's wrapper.
        wrapper: the layer of the graph, which has the weights.
    """

    def __init__(self, run: LayerByLayer, node: Any) -> None:
        self.wrapper = node.layer
        self.layer = _layer(node)
        self._run = run
        self._node = node

    def outputs(self) -> Iterator[Any]:
        """Computes the layer's result from rounded inputs, for each batch."""
        for values in self._run.rounded:
            yield self._call(values)

    def exact_outputs(self) -> Iterator[Any]:
        """Computes the layer's result without any rounding, for each batch."""
        with without_rounding():
            for values in self._run.exact:
                yield self._call(values)

    def inputs(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yields the first input with rounding and without, float [tokens, channels], by batch."""
        return self._run.tensors(self._node.keras_inputs[0])

    def is_key(self) -> bool:
        """Returns whether the layer's result is the keys of an attention and nothing else."""
        readers = self._run.readers[id(self._node.outputs)]
        return bool(readers) and all(
            isinstance(_layer(reader), SelfAttention)
            and reader.keras_inputs[1] is self._node.outputs
            for reader in readers
        )

    def identities(self) -> Iterator[tuple[np.ndarray, np.ndarray]] | None:
        """Yields the tensor that the output is added to before a normalization, by batch.

        Yields:
            The tensor with rounding and without, float [tokens, channels].

        Returns:
            None if the output is not added to another tensor, or if it or the sum is read by others
            too.
        """
        tensor, reader = self._node.outputs, self._run.reader(self._node.outputs)
        while isinstance(_layer(reader), keras.layers.Dropout):
            tensor, reader = reader.outputs, self._run.reader(reader.outputs)
        if not isinstance(_layer(reader), ResidualAdd):
            return None
        if not isinstance(_layer(self._run.reader(reader.outputs)), LayerNorm):
            return None
        (other,) = (x for x in reader.keras_inputs if x is not tensor)
        return self._run.tensors(other)

    def token_rows(self) -> Iterator[Callable[[Any], np.ndarray]]:
        """Yields for each batch a function that leaves the padding out of a tensor."""
        return self._run.token_rows()

    def _call(self, values: dict[int, Any]) -> Any:
        # Keras takes a value out of the list whenever an argument is the tensor.
        available = {str(id(x)): [values[id(x)]] * 9 for x in self._node.keras_inputs}
        args, kwargs = self._node.map_arguments(available)
        kwargs.pop("training", None)
        if isinstance(self.layer, FirstTokenOnly):
            kwargs["training"] = True  # which computes the first token only, as the device does
        elif "training" in self.wrapper._call_spec.arg_names:
            kwargs["training"] = False
        return self.wrapper(*args, **kwargs)


class LayerByLayer:
    """Runs a quantization-aware model one layer at a time.

    Args:
        model: the model. Its layers may change while they are the current step.
        batches: inputs, int32 [texts, length] by name.
        masks: which positions are tokens and not padding, bool [texts, length], for each batch.

    Attributes:
        masks: those given.
        rounded: the tensors of each batch by identity, computed with rounding.
        exact: the same without rounding.
        readers: Keras' records of the calls that read a tensor, by its identity.
    """

    def __init__(
        self,
        model: keras.Model,
        batches: Sequence[Mapping[str, np.ndarray]],
        masks: Sequence[np.ndarray],
    ) -> None:
        self.masks = masks
        self.rounded, self.exact = (
            [
                {id(x): tf.constant(batch[x.node.layer.name]) for x in model.inputs}
                for batch in batches
            ]
            for _ in range(2)
        )
        by_depth: Any = model._nodes_by_depth
        nodes = [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]
        self._nodes = [node for node in nodes if not node.is_input]
        self.readers: dict[int, list[Any]] = collections.defaultdict(list)
        for node in self._nodes:
            for tensor in node.keras_inputs:
                self.readers[id(tensor)].append(node)

    def __len__(self) -> int:
        return len(self._nodes)

    def __iter__(self) -> Iterator[LayerStep]:
        unread = {key: len(nodes) for key, nodes in self.readers.items()}
        for node in self._nodes:
            step = LayerStep(self, node)
            self._store(self.exact, node, step.exact_outputs())
            yield step
            self._store(self.rounded, node, step.outputs())
            for tensor in node.keras_inputs:
                unread[id(tensor)] -= 1
                if not unread[id(tensor)]:
                    for values in (*self.rounded, *self.exact):
                        del values[id(tensor)]

    def reader(self, tensor: Any) -> Any:
        """Returns Keras' record of the only call that reads a tensor; None for none or several."""
        readers = self.readers[id(tensor)]
        return readers[0] if len(readers) == 1 else None

    def tensors(self, tensor: Any) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yields a tensor with rounding and without, float [tokens, channels], by batch."""
        for rounded, exact, tokens in zip(self.rounded, self.exact, self.token_rows(), strict=True):
            yield tokens(rounded[id(tensor)]), tokens(exact[id(tensor)])

    def token_rows(self) -> Iterator[Callable[[Any], np.ndarray]]:
        """Yields for each batch a function that leaves the padding out of a tensor."""
        for mask in self.masks:

            def tokens(tensor: Any, mask: np.ndarray = mask) -> np.ndarray:
                x = np.asarray(tensor)
                if x.ndim == 3 and x.shape[:2] == mask.shape:
                    return x[mask]
                return x.reshape(-1, x.shape[-1])

            yield tokens

    @staticmethod
    def _store(streams: list[dict[int, Any]], node: Any, outputs: Iterator[Any]) -> None:
        for values, output in zip(streams, outputs, strict=True):
            for tensor, value in zip(
                tf.nest.flatten(node.outputs), tf.nest.flatten(output), strict=True
            ):
                values[id(tensor)] = value


def _layer(node: Any) -> Any:
    """Returns the layer of a call, without TF-MOT's wrapper; None for None."""
    return getattr(node.layer, "layer", node.layer) if node is not None else None
