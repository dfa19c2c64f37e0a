"""The configuration of ALBERT, with Hugging Face's field names."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from tfsqueeze.configs.dense_config import DenseEncoderConfig, default_labels
from tfsqueeze.configs.encoder_config import Activation


@dataclasses.dataclass(frozen=True)
class AlbertConfig(DenseEncoderConfig):
    """Describes an ALBERT encoder and its head (Lan et al. 2020, arXiv 1909.11942).

    The fields are those of Hugging Face's `AlbertConfig`, and so are the defaults, which are those
    of ALBERT-xxlarge.

    Args:
        vocab_size: the number of token ids.
        embedding_size: the channels of the embeddings, which a dense layer projects to
            `hidden_size`.
        hidden_size: the channels of the encoder's layers.
        num_hidden_layers: the number of layers.
        num_hidden_groups: the number of sets of weights, each shared by equally many consecutive
            layers. With as many groups as layers, nothing is shared.
        num_attention_heads: the number of attention heads in a layer.
        intermediate_size: the channels inside a feed-forward network.
        hidden_act: `gelu`, `gelu_new`, `sigmoid_gelu` or `relu`.
        hidden_dropout_prob: the dropout rate of embeddings and of what layers add.
        attention_probs_dropout_prob: the dropout rate of attention probabilities.
        classifier_dropout_prob: the dropout rate before a classifier.
        max_position_embeddings: the largest number of tokens in a text.
        type_vocab_size: the number of token types.
        initializer_range: the standard deviation of new weights.
        layer_norm_eps: the constant added to the variance in layer normalization.
        pad_token_id: the token id of padding.
        id2label: the names of the labels, by their numbers from 0.
        problem_type: what the head decides: `regression`, `single_label_classification` or
            `multi_label_classification`; None for one label of a text, and for other heads.

    Raises:
        UserError: the values do not fit together.

    Example:
        >>> from tfsqueeze import AlbertConfig
        >>> AlbertConfig(num_hidden_layers=6, num_hidden_groups=2).layer_groups
        (0, 0, 0, 1, 1, 1)
    """

    model_type = "albert"
    architecture = "ALBERT"
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
    hidden_act: Activation = "gelu_new"
    hidden_dropout_prob: float = 0.0
    attention_probs_dropout_prob: float = 0.0
    classifier_dropout_prob: float = 0.1
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    initializer_range: float = 0.02
    layer_norm_eps: float = 1e-12
    pad_token_id: int = 0
    id2label: dict[int, str] = default_labels()
    problem_type: str | None = None

    def _check_fit(self) -> None:
        super()._check_fit()
        self._require(
            self.num_hidden_layers % self.num_hidden_groups == 0,
            f"num_hidden_layers {self.num_hidden_layers} must be divisible by "
            f"num_hidden_groups {self.num_hidden_groups}",
        )

    @property
    def layer_groups(self) -> tuple[int, ...]:
        """For each layer the number of its set of weights; layers with one number share weights."""
        return tuple(
            index * self.num_hidden_groups // self.num_hidden_layers
            for index in range(self.num_hidden_layers)
        )

    def with_layers(self, layers: Sequence[int]) -> AlbertConfig:
        """Returns the config of a model that keeps some of the layers.

        Args:
            layers: the numbers of the layers, from 0, in their new order.

        Raises:
            UserError: some of the layers share weights and others do not.
        """
        groups = [self.layer_groups[index] for index in layers]
        count = len(set(groups))
        self._require(
            count in (1, len(groups)),
            f"layers {list(layers)} share {count} sets of "
            "weights; keep layers that share one set, or none",
        )
        return self.replace(num_hidden_layers=len(groups), num_hidden_groups=count)
