"""The tensors of a checkpoint, mapped to the weights of a Keras model."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tf_keras as keras

from tfsqueeze.checkpoints.tensor_names import Naming, naming
from tfsqueeze.layers import (
    GroupedConvolution,
    SequenceDepthwiseConvolution,
    SqueezeBertEmbeddings,
    TiedDecoder,
    TransformedEmbeddings,
)


@dataclasses.dataclass
class CheckpointTensor:
    """One tensor of a checkpoint and the Keras variables that hold its values.

    Args:
        name: the name of the tensor, without the prefix of task models.
        variables: the `tf.Variable`s that hold its values.
        join: computes the tensor from the values of the variables.
        split: computes the values of the variables from the tensor.
    """

    name: str
    variables: list[Any]
    join: Callable[[list[np.ndarray]], np.ndarray]
    split: Callable[[np.ndarray], list[np.ndarray]]

    @property
    def shape(self) -> tuple[int, ...]:
        """The tensor's shape."""
        return self.join([np.broadcast_to(np.float32(0), v.shape) for v in self.variables]).shape

    def read(self) -> np.ndarray:
        """Returns the tensor, contiguous float32."""
        return np.ascontiguousarray(self.join([v.numpy() for v in self.variables]))

    def assign(self, value: np.ndarray) -> None:
        """Sets the variables from a float32 tensor with the shape `shape`."""
        for variable, piece in zip(self.variables, self.split(value), strict=True):
            variable.assign(piece)


def checkpoint_tensors(model: keras.Model) -> Iterator[CheckpointTensor]:
    """Yields every tensor of a model, in the order of its layers.

    Args:
        model: a `PreTrainedModel`.
    """
    names = naming(model)
    for module, layers in _layers_by_module(model, names).items():
        layer = layers[0]
        if isinstance(layer, SqueezeBertEmbeddings):
            yield from _embeddings(layer, module)
        elif isinstance(layer, GroupedConvolution):
            is_conv1d = names.conv1d and module.startswith(names.encoder_prefix)
            yield from _grouped_convolutions(layers, module, is_conv1d)
        elif isinstance(layer, SequenceDepthwiseConvolution):
            yield from _depthwise_convolution(layer, module)
        elif isinstance(layer, TiedDecoder):
            yield from _tied_decoder(layer, module)
        else:
            if hasattr(layer, "gamma"):
                yield _same(f"{module}.weight", layer.gamma)
            yield _same(f"{module}.bias", layer.beta if hasattr(layer, "beta") else layer.bias)


def _layers_by_module(model: keras.Model, names: Naming) -> dict[str, list[Any]]:
    """Returns the layers with weights of each module, in their order in its tensors."""
    by_module: dict[str, list[Any]] = {}
    for layer in model.layers:
        if layer.weights:
            by_module.setdefault(names.module_name(layer.name), []).append(layer)
    for layers in by_module.values():
        if len(layers) > 1:
            # Keras orders layers by the graph, not by their order in the tensor.
            layers.sort(key=lambda layer: list(names.modules).index(layer.name))
    return by_module


def _same(name: str, variable: Any) -> CheckpointTensor:
    return CheckpointTensor(name, [variable], lambda values: values[0], lambda tensor: [tensor])


def _embeddings(layer: SqueezeBertEmbeddings, module: str) -> Iterator[CheckpointTensor]:
    for table in layer.tables:
        yield _same(f"{module}.{table}.weight", getattr(layer, table))
    if isinstance(layer, TransformedEmbeddings):
        yield from _transformation(layer, f"{module}.embedding_transformation")


def _transformation(layer: Any, module: str) -> Iterator[CheckpointTensor]:
    """Yields the product within MobileBERT's embeddings: the next token's channels come first."""

    def join(values: list[np.ndarray]) -> np.ndarray:
        return np.concatenate(values[0][0][::-1]).T

    def split(weight: np.ndarray) -> list[np.ndarray]:
        return [np.stack(np.split(weight.T, layer.kernel_size)[::-1])[None]]

    yield CheckpointTensor(f"{module}.weight", [layer.kernel], join, split)
    yield _same(f"{module}.bias", layer.bias)


def _depthwise_convolution(layer: Any, module: str) -> Iterator[CheckpointTensor]:
    yield CheckpointTensor(
        f"{module}.weight",
        [layer.kernel],
        lambda values: values[0][0].transpose(2, 1, 0),
        lambda tensor: [tensor.transpose(2, 1, 0)[None]],
    )
    yield _same(f"{module}.bias", layer.bias)


def _tied_decoder(layer: Any, module: str) -> Iterator[CheckpointTensor]:
    yield _same(f"{module}.bias", layer.bias)
    if layer.own_channels:
        yield CheckpointTensor(
            f"{module}.dense.weight",
            [layer.own_table],
            lambda values: values[0].T,
            lambda tensor: [tensor.T],
        )


def _grouped_convolutions(
    layers: list[Any], module: str, has_kernel_axis: bool
) -> Iterator[CheckpointTensor]:
    groups = [(layer, group) for layer in layers for group in range(layer.groups)]

    def join_kernels(values: list[np.ndarray]) -> np.ndarray:
        weight = np.concatenate([kernel[0, 0].T for kernel in values])
        return weight[..., None] if has_kernel_axis else weight

    def split_kernels(weight: np.ndarray) -> list[np.ndarray]:
        if has_kernel_axis:
            weight = weight[..., 0]
        return [kernel.T[None, None] for kernel in np.split(weight, len(groups))]

    yield CheckpointTensor(
        f"{module}.weight",
        [getattr(layer, f"kernel_{group}") for layer, group in groups],
        join_kernels,
        split_kernels,
    )
    yield CheckpointTensor(
        f"{module}.bias",
        [getattr(layer, f"bias_{group}") for layer, group in groups],
        np.concatenate,
        lambda bias: np.split(bias, len(groups)),
    )
