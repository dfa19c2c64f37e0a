"""The configuration of DistilBERT, with Hugging Face's field names."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from tfsqueeze.configs.dense_config import DenseEncoderConfig, default_labels


@dataclasses.dataclass(frozen=True)
class DistilBertConfig(DenseEncoderConfig):
    """Describes a DistilBERT encoder and its head (Sanh et al. 2019, arXiv 1910.01108).

    The fields are those of Hugging Face's `DistilBertConfig`, and the defaults DistilBERT-base's;
    the names that other architectures use are there as properties.

    Raises UserError for values that do not fit together.
    """

    model_type = "distilbert"
    positive_integers = ("vocab_size", "dim", "n_heads", "hidden_dim", "max_position_embeddings")
    non_negative_integers = ("n_layers", "pad_token_id")
    probabilities = ("dropout", "attention_dropout", "qa_dropout", "seq_classif_dropout")
    positive_numbers = ("initializer_range",)

    has_pooler = False
    # There are none in DistilBERT.
    type_vocab_size = 0
    layer_norm_eps = 1e-12
    # Attention adds to the residual stream without dropout.
    post_attention_dropout_prob = 0.0

    vocab_size: int = 30522
    dim: int = 768
    n_layers: int = 6
    n_heads: int = 12
    hidden_dim: int = 3072
    activation: str = "gelu"
    dropout: float = 0.1
    attention_dropout: float = 0.1
    qa_dropout: float = 0.1
    seq_classif_dropout: float = 0.2
    max_position_embeddings: int = 512
    initializer_range: float = 0.02
    pad_token_id: int = 0
    id2label: dict[int, str] = default_labels()

    hidden_size = embedding_size = property(lambda self: self.dim)
    num_hidden_layers = property(lambda self: self.n_layers)
    num_attention_heads = property(lambda self: self.n_heads)
    intermediate_size = property(lambda self: self.hidden_dim)
    hidden_act = property(lambda self: self.activation)
    hidden_dropout_prob = property(lambda self: self.dropout)
    attention_probs_dropout_prob = property(lambda self: self.attention_dropout)
    classifier_dropout_prob = property(lambda self: self.seq_classif_dropout)
    token_classifier_dropout_prob = property(lambda self: self.dropout)

    def with_layers(self, layers: Sequence[int]) -> DistilBertConfig:
        return self.replace(n_layers=len(layers))
