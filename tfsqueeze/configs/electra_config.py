"""The configuration of ELECTRA, with Hugging Face's field names."""

from __future__ import annotations

import dataclasses

from tfsqueeze.configs.dense_config import DenseEncoderConfig, default_labels
from tfsqueeze.configs.encoder_config import Activation


@dataclasses.dataclass(frozen=True)
class ElectraConfig(DenseEncoderConfig):
    """Describes an ELECTRA encoder and its head (Clark et al. 2020, arXiv 2003.10555).

    The fields are those of Hugging Face's `ElectraConfig` that its encoder and the heads here read.
    The defaults are those of ELECTRA-small.

    Args:
        vocab_size: the number of token ids.
        embedding_size: the channels of the embeddings. A product follows if `hidden_size` differs.
        hidden_size: the channels of the encoder's layers.
        num_hidden_layers: the number of layers.
        num_attention_heads: the number of attention heads in a layer.
        intermediate_size: the channels inside a feed-forward network.
        hidden_act: `gelu`, `gelu_new`, `sigmoid_gelu` or `relu`.
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
        >>> from tfsqueeze import ElectraConfig
        >>> ElectraConfig().projects_embeddings, ElectraConfig(embedding_size=256).embedding_size
        (True, 256)
    """

    model_type = "electra"
    architecture = "ELECTRA"
    field_names = {"classifier_dropout_prob": "classifier_dropout"}
    positive_integers = (
        "vocab_size",
        "embedding_size",
        "hidden_size",
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
    has_pooler = False

    vocab_size: int = 30522
    embedding_size: int = 128
    hidden_size: int = 256
    num_hidden_layers: int = 12
    num_attention_heads: int = 4
    intermediate_size: int = 1024
    hidden_act: Activation = "gelu"
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1
    classifier_dropout: float | None = None
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    initializer_range: float = 0.02
    layer_norm_eps: float = 1e-12
    pad_token_id: int = 0
    id2label: dict[int, str] = default_labels()
    problem_type: str | None = None

    @property
    def projects_embeddings(self) -> bool:
        """Whether a product makes `hidden_size` channels of the embeddings."""
        return self.embedding_size != self.hidden_size

    @property
    def classifier_dropout_prob(self) -> float:
        """The dropout rate before a classifier."""
        rate = self.classifier_dropout
        return self.hidden_dropout_prob if rate is None else rate
