"""Layer reduction: a shallower model that starts from layers of a deeper one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.utils.errors import UserError


def reduce_layers(model: PreTrainedModel, layers: Sequence[int]) -> PreTrainedModel:
    """Returns a model of the same class whose i-th layer is a copy of the given one's layers[i].

    Embeddings and heads are copied too, and the config names the layers that are left (the
    initialisation of DistilBERT, Sanh et al. 2019, arXiv 1910.01108, section 3). The model given
    stays as it is.

    layers: numbers of layers to keep, from 0, in their new order; at least one.

    Raises UserError where `layers` is empty or names a layer that the model does not have, or
    where the layers kept would share weights otherwise than in equal groups (ALBERT).
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
    """Copies weights from one model to another of its class with other layers.

    sources: for each set of weights of `target`, by its number in `layer_groups`, the set of
        `source` that it becomes a copy of.
    """

    def source_name(match):
        return f"layer_{sources[int(match[1])]}_"

    for layer in target.layers:
        if not layer.weights:
            # Some of these stand at the last layer only, whichever that is.
            continue
        layer.set_weights(
            source.get_layer(re.sub(r"^layer_(\d+)_", source_name, layer.name)).get_weights()
        )
    target.extra_tensors = source.extra_tensors
