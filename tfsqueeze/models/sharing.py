"""Giving each layer its own weights in models whose layers share them."""

from __future__ import annotations

from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.models.reduction import copy_layers


def unshare_layers(model: PreTrainedModel) -> PreTrainedModel:
    """Returns a model that computes the same with weights of its own in each layer.

    ALBERT becomes one with as many groups as layers; a model whose layers share nothing is
    returned as it is. What is said of a layer, such as the ranges of its int8 tensors, then holds
    at one depth only.
    """
    config = model.config
    if len(set(config.layer_groups)) == config.num_hidden_layers:
        return model
    own = type(model)(
        config.replace(num_hidden_groups=config.num_hidden_layers),
        input_names=model.input_names,
        name=model.name,
    )
    copy_layers(model, own, dict(enumerate(config.layer_groups)))
    return own
