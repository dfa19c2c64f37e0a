"""The configuration of ALBERT, with Hugging Face's field names."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from tfsqueeze.configs.dense_config import DenseEncoderConfig, default_labels


@dataclasses.dataclass(frozen=True)
class AlbertConfig(DenseEncoderConfig):
    """Describes an ALBERT encoder and its head (Lan et al. 2020, arXiv 1909.11942).

    The fields are those of Hugging Face's `AlbertConfig`, and so are the defaults, which are those
    of ALBERT-xxlarge.

    embedding_size: channels of the embeddings, which a dense layer brings to `hidden_size`.
    num_hidden_groups: sets of weights that the layers share, each as many layers on end; with as
        many groups as layers nothing is shared.

    Raises UserError for values that do not fit together.
    """

    model_type = "albert"
    supported_values = {**DenseEncoderConfig.supported_values, "inner_group_num": 1}
    projects_embeddings = True
    positive_integers = (
        "vocab_size",
        "embedding_size",
        "hidden_size",
        "num_hidden_groups",
        "num_attention_heads",
        "intermediate_size",
        "max_position_embeddings",
        "type_vocab_size",
    )
    non_negative_integers = ("num_hidden_layers", "pad_token_id")
    probabilities = (
        "hidden_dropout_prob",
        "attention_probs_dropout_prob",
        "classifier_dropout_prob",
    )
    positive_numbers = ("initializer_range", "layer_norm_eps")

    vocab_size: int = 30000
    embedding_size: int = 128
    hidden_size: int = 4096
    num_hidden_layers: int = 12
    num_hidden_groups: int = 1
    num_attention_heads: int = 64
    intermediate_size: int = 16384
    hidden_act: str = "gelu_new"
    hidden_dropout_prob: float = 0.0
    attention_probs_dropout_prob: float = 0.0
    classifier_dropout_prob: float = 0.1
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    initializer_range: float = 0.02
    layer_norm_eps: float = 1e-12
    pad_token_id: int = 0
    id2label: dict[int, str] = default_labels()

    def _check_fit(self):
        super()._check_fit()
        self._require(
            self.num_hidden_layers % self.num_hidden_groups == 0,
            f"num_hidden_layers {self.num_hidden_layers} must be divisible by "
            f"num_hidden_groups {self.num_hidden_groups}",
        )

    @property
    def layer_groups(self) -> tuple[int, ...]:
        """For each layer the number of the set of weights it has; layers of one number share."""
        return tuple(
            index * self.num_hidden_groups // self.num_hidden_layers
            for index in range(self.num_hidden_layers)
        )

    def with_layers(self, layers: Sequence[int]) -> AlbertConfig:
        groups = [self.layer_groups[index] for index in layers]
        count = len(set(groups))
        self._require(
            count in (1, len(groups)),
            f"layers {list(layers)} share {count} sets of "
            "weights; keep layers that share one set, or none",
        )
        return self.replace(num_hidden_layers=len(groups), num_hidden_groups=count)
