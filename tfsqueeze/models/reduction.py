"""Layer reduction: a shallower model made of layers of a deeper one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.utils.errors import UserError


def reduce_layers(model: PreTrainedModel, layers: Sequence[int]) -> PreTrainedModel:
    """Returns a model of the same class with copies of some of the layers.

    Embeddings and heads are copied too, and the config describes the layers that are kept. This is
    the initialization of DistilBERT (Sanh et al. 2019, arXiv 1910.01108, section 3).

    Args:
        model: the model, which stays as it is.
        layers: the numbers of the layers to keep, from 0, in their new order; at least one.

    Raises:
        UserError: `layers` is empty or names a layer that the model does not have, or some of the
            layers to keep share weights and others do not (ALBERT).

    Example:
        >>> from tfsqueeze import SqueezeBertModel, load_preset, reduce_layers
        >>> config = load_preset("squeezebert-micro", vocab_size=50, num_hidden_layers=2)
        >>> reduce_layers(SqueezeBertModel(config), layers=[1]).config.num_hidden_layers
        1
    """
    config = model.config
    layers = list(layers)
    if not layers:
        raise UserError("reduce_layers: layers is empty; name at least one layer to keep")
    for index in layers:
        if not 0 <= index < config.num_hidden_layers:
            raise UserError(
                f"reduce_layers: the model has no layer {index}; its layers are 0 to "
                f"{config.num_hidden_layers - 1}"
            )
    reduced = type(model)(config.with_layers(layers), input_names=model.input_names)
    copy_layers(
        model,
        reduced,
        {
            group: config.layer_groups[index]
            for group, index in zip(reduced.config.layer_groups, layers, strict=True)
        },
    )
    return reduced


def copy_layers(source: PreTrainedModel, target: PreTrainedModel, sources: dict[int, int]) -> None:
    """Copies the weights of a model to another of its class, with other layers.

    Args:
        source: the model to copy from.
        target: the model to copy to.
        sources: for each set of weights of `target`, by its number in `layer_groups`, the number of
            the set of `source` to copy.
    """

    def source_name(match: re.Match[str]) -> str:
        return f"layer_{sources[int(match[1])]}_"

    for layer in target.layers:
        if not layer.weights:
            # Some of these exist at the last layer only, so the source may not have them.
            continue
        source_layer: Any = source.get_layer(re.sub(r"^layer_(\d+)_", source_name, layer.name))
        layer.set_weights(source_layer.get_weights())
    target.extra_tensors = source.extra_tensors
