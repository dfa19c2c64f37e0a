"""What the configurations of BERT, DistilBERT and ALBERT share."""

from __future__ import annotations

import dataclasses

from tfsqueeze.configs.encoder_config import EncoderConfig


def default_labels():
    """Returns the dataclass field of `id2label`, with Hugging Face's default of two labels."""
    return dataclasses.field(default_factory=lambda: {0: "LABEL_0", 1: "LABEL_1"})


class DenseEncoderConfig(EncoderConfig):
    """The base of configs whose layers are attention and a feed-forward network, all dense.

    In the terms of `SqueezeBertConfig`: every product in one group, and none of the variants.
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

    @property
    def layer_types(self) -> tuple[str, ...]:
        """One entry per layer, as in `SqueezeBertConfig`."""
        return ("attention",) * self.num_hidden_layers
