"""Layer reduction: a shallower model that starts from layers of a deeper one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tfsqueeze.errors import UserError
from tfsqueeze.models.tasks import SqueezeBertPreTrained


def reduce_layers(model: SqueezeBertPreTrained, layers: Sequence[int]) -> SqueezeBertPreTrained:
    """Returns a model of the same class whose i-th layer is a copy of the given one's layers[i].

    Embeddings and heads are copied too, and the config names the layers that are left (the
    initialisation of DistilBERT, Sanh et al. 2019, arXiv 1910.01108, section 3). The model given
    stays as it is.

    layers: numbers of layers to keep, from 0, in their new order; at least one.

    Raises UserError where `layers` is empty or names a layer that the model does not have.
    """
    config = model.config
    layers = list(layers)
    if not layers:
        raise UserError("reduce_layers: layers is empty; name at least one layer to keep")
    for index in layers:
        if not 0 <= index < config.num_hidden_layers:
            raise UserError(f"reduce_layers: the model has no layer {index}; its layers are 0 to "
                            f"{config.num_hidden_layers - 1}")
    reduced = type(model)(
        config.replace(num_hidden_layers=len(layers),
                       layer_types=tuple(config.layer_types[index] for index in layers)),
        input_names=model.input_names)

    def source_name(match):
        return f"layer_{layers[int(match[1])]}_"

    for layer in reduced.layers:
        source = model.get_layer(re.sub(r"^layer_(\d+)_", source_name, layer.name))
        layer.set_weights(source.get_weights())
    reduced.extra_tensors = model.extra_tensors
    return reduced
