"""The base of the configurations of encoders with dense products, such as BERT."""

from __future__ import annotations

import dataclasses
from typing import Any

from tfsqueeze.configs.encoder_config import EncoderConfig, LayerType


def default_labels() -> Any:
    """Returns the dataclass field of `id2label`, with Hugging Face's default of two labels."""
    return dataclasses.field(default_factory=lambda: {0: "LABEL_0", 1: "LABEL_1"})


class DenseEncoderConfig(EncoderConfig):
    """The base of configs with dense attention and dense feed-forward networks in every layer.

    In the terms of `SqueezeBertConfig`, every product is in one group and no variant is used.
    """

    supported_values = {
        "position_embedding_type": "absolute",
        "is_decoder": False,
        "add_cross_attention": False,
    }

    q_groups = k_groups = v_groups = post_attention_groups = 1
    intermediate_groups = output_groups = 1
    feed_forward_type = "dense"
    normalization_type = "layer_norm"
    classifier_pooling = "cls"
    pair_encoder = "cross_encoder"

    @property
    def layer_types(self) -> tuple[LayerType, ...]:
        """`attention` for each layer, as in `SqueezeBertConfig`."""
        return ("attention",) * self.num_hidden_layers
