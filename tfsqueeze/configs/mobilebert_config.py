"""The configuration of MobileBERT, with Hugging Face's field names."""

from __future__ import annotations

import dataclasses
from typing import Literal

from tfsqueeze.configs.dense_config import DenseEncoderConfig, default_labels
from tfsqueeze.configs.encoder_config import Activation


@dataclasses.dataclass(frozen=True)
class MobileBertConfig(DenseEncoderConfig):
    """Describes a MobileBERT encoder and its head (Sun et al. 2020, arXiv 2004.02984).

    The fields are those of Hugging Face's `MobileBertConfig`. The defaults are those of the
    published model.

    Args:
        vocab_size: the number of token ids.
        embedding_size: the channels of the word embeddings.
        hidden_size: the channels between the layers.
        intra_bottleneck_size: the channels within the layers.
        use_bottleneck: whether the layers are narrower than `hidden_size`.
        use_bottleneck_attention: whether queries, keys and values all come from the narrow states.
        key_query_shared_bottleneck: whether queries and keys come from narrow states of their own,
            and values from the wide ones.
        num_feedforward_networks: the number of feed-forward networks in a layer.
        num_hidden_layers: the number of layers.
        num_attention_heads: the number of attention heads in a layer.
        intermediate_size: the channels inside a feed-forward network.
        hidden_act: `relu`, `gelu`, `gelu_new` or `sigmoid_gelu`.
        normalization_type: `no_norm`, a scale and an offset alone, or `layer_norm`.
        trigram_input: whether the embeddings of a token read its neighbours' words, too.
        classifier_activation: whether the pooler is a dense layer with tanh; if not, it is the
            first token.
        hidden_dropout_prob: the dropout rate of embeddings and of what layers add.
        attention_probs_dropout_prob: the dropout rate of attention probabilities.
        classifier_dropout: the dropout rate before a classifier; None for `hidden_dropout_prob`.
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
        >>> from tfsqueeze import MobileBertConfig
        >>> config = MobileBertConfig()
        >>> config.true_hidden_size, config.attention_head_size
        (128, 32)
    """

    model_type = "mobilebert"
    architecture = "MobileBERT"
    has_bottlenecks = True
    # After the embeddings and the last feed-forward network transformers has PyTorch's default.
    default_layer_norm_eps = 1e-5
    field_names = {"classifier_dropout_prob": "classifier_dropout"}
    positive_integers = (
        "vocab_size",
        "embedding_size",
        "hidden_size",
        "intra_bottleneck_size",
        "num_feedforward_networks",
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

    vocab_size: int = 30522
    embedding_size: int = 128
    hidden_size: int = 512
    intra_bottleneck_size: int = 128
    use_bottleneck: bool = True
    use_bottleneck_attention: bool = False
    key_query_shared_bottleneck: bool = True
    num_feedforward_networks: int = 4
    num_hidden_layers: int = 24
    num_attention_heads: int = 4
    intermediate_size: int = 512
    hidden_act: Activation = "relu"
    normalization_type: Literal["no_norm", "layer_norm"] = "no_norm"
    trigram_input: bool = True
    classifier_activation: bool = True
    hidden_dropout_prob: float = 0.0
    attention_probs_dropout_prob: float = 0.1
    classifier_dropout: float | None = None
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    initializer_range: float = 0.02
    layer_norm_eps: float = 1e-12
    pad_token_id: int = 0
    id2label: dict[int, str] = default_labels()
    problem_type: str | None = None

    def _check_fit(self) -> None:
        super()._check_fit()
        self._require_choice("normalization_type", ("no_norm", "layer_norm"))
        for name in (
            "use_bottleneck",
            "use_bottleneck_attention",
            "key_query_shared_bottleneck",
            "trigram_input",
            "classifier_activation",
        ):
            self._require_value(name, lambda value: isinstance(value, bool), "true or false")
        self._require(
            self.true_hidden_size % self.num_attention_heads == 0,
            f"the layers' {self.true_hidden_size} channels must be divisible by "
            f"num_attention_heads {self.num_attention_heads}",
        )
        self._require(
            self.embedding_size <= self.hidden_size,
            f"embedding_size {self.embedding_size} must be at most hidden_size {self.hidden_size}",
        )
        self._require(
            self.shares_bottleneck or self.true_hidden_size == self.hidden_size,
            "queries and keys of wide states need narrow ones: set key_query_shared_bottleneck or "
            "use_bottleneck_attention",
        )

    @property
    def shares_bottleneck(self) -> bool:
        """Whether queries and keys come from narrow states."""
        return self.use_bottleneck and (
            self.use_bottleneck_attention or self.key_query_shared_bottleneck
        )

    @property
    def true_hidden_size(self) -> int:
        """The channels within the layers."""
        return self.intra_bottleneck_size if self.use_bottleneck else self.hidden_size

    @property
    def attention_head_size(self) -> int:
        """The channels of one attention head."""
        return self.true_hidden_size // self.num_attention_heads

    @property
    def embedding_kernel_size(self) -> int:
        """How many tokens the product within the embeddings reads; 0 without it."""
        if self.trigram_input:
            return 3
        return int(self.embedding_size != self.hidden_size)

    @property
    def has_pooler(self) -> bool:
        """Whether the pooler has weights."""
        return self.classifier_activation

    @property
    def classifier_dropout_prob(self) -> float:
        """The dropout rate before a classifier."""
        rate = self.classifier_dropout
        return self.hidden_dropout_prob if rate is None else rate
