"""Separate weights for layers that share them (ALBERT)."""

from __future__ import annotations

from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.models.reduction import copy_layers


def unshare_layers(model: PreTrainedModel) -> PreTrainedModel:
    """Returns an equivalent model in which every layer has its own weights.

    Each layer can then have its own ranges of int8 tensors.

    Args:
        model: the model, which stays as it is.

    Returns:
        For an ALBERT whose layers share weights, a copy with as many groups as layers; any other
        model itself.
    """
    config = model.config
    if len(set(config.layer_groups)) == config.num_hidden_layers:
        return model
    unshared = type(model)(
        config.replace(num_hidden_groups=config.num_hidden_layers),
        input_names=model.input_names,
        name=model.name,
    )
    copy_layers(model, unshared, dict(enumerate(config.layer_groups)))
    return unshared
