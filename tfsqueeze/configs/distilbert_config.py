"""The configuration of DistilBERT, with Hugging Face's field names."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Sequence
from typing import Any, ClassVar

from tfsqueeze.configs.dense_config import DenseEncoderConfig, default_labels
from tfsqueeze.configs.encoder_config import Activation


def _alias(field: str) -> Any:
    return property(operator.attrgetter(field), doc=f"The field `{field}`.")


@dataclasses.dataclass(frozen=True)
class DistilBertConfig(DenseEncoderConfig):
    """Describes a DistilBERT encoder and its head (Sanh et al. 2019, arXiv 1910.01108).

    The fields are those of Hugging Face's `DistilBertConfig`. The defaults are those of
    DistilBERT-base. Properties give the fields the names that other architectures use.

    Args:
        vocab_size: the number of token ids.
        dim: the channels of the embeddings and of the encoder's layers.
        n_layers: the number of layers.
        n_heads: the number of attention heads in a layer.
        hidden_dim: the channels inside a feed-forward network.
        activation: `gelu`, `gelu_new`, `sigmoid_gelu` or `relu`.
        dropout: the dropout rate of embeddings, of what feed-forward networks add, and before a
            classifier of tokens.
        attention_dropout: the dropout rate of attention probabilities.
        qa_dropout: the dropout rate before the head of question answering.
        seq_classif_dropout: the dropout rate before a classifier of texts.
        max_position_embeddings: the largest number of tokens in a text.
        initializer_range: the standard deviation of new weights.
        pad_token_id: the token id of padding.
        id2label: the names of the labels, by their numbers from 0.
        problem_type: what the head decides: `regression`, `single_label_classification` or
            `multi_label_classification`; None for one label of a text, and for other heads.

    Raises:
        UserError: the values do not fit together.

    Example:
        >>> from tfsqueeze import DistilBertConfig
        >>> DistilBertConfig(dim=384, n_heads=12).hidden_size
        384
    """

    model_type = "distilbert"
    architecture = "DistilBERT"
    field_names = {
        "hidden_size": "dim",
        "num_hidden_layers": "n_layers",
        "num_attention_heads": "n_heads",
        "hidden_act": "activation",
    }
    positive_integers = ("vocab_size", "dim", "n_heads", "hidden_dim", "max_position_embeddings")
    non_negative_integers = ("n_layers", "pad_token_id")
    probabilities = ("dropout", "attention_dropout", "qa_dropout", "seq_classif_dropout")
    positive_numbers = ("initializer_range",)

    has_pooler = False
    # DistilBERT has no token types.
    type_vocab_size = 0
    layer_norm_eps = 1e-12
    # What attention adds to the residual stream has no dropout.
    post_attention_dropout_prob: ClassVar[Any] = 0.0

    vocab_size: int = 30522
    dim: int = 768
    n_layers: int = 6
    n_heads: int = 12
    hidden_dim: int = 3072
    activation: Activation = "gelu"
    dropout: float = 0.1
    attention_dropout: float = 0.1
    qa_dropout: float = 0.1
    seq_classif_dropout: float = 0.2
    max_position_embeddings: int = 512
    initializer_range: float = 0.02
    pad_token_id: int = 0
    id2label: dict[int, str] = default_labels()
    problem_type: str | None = None

    hidden_size = embedding_size = _alias("dim")
    num_hidden_layers = _alias("n_layers")
    num_attention_heads = _alias("n_heads")
    intermediate_size = _alias("hidden_dim")
    hidden_act = _alias("activation")
    hidden_dropout_prob = _alias("dropout")
    attention_probs_dropout_prob = _alias("attention_dropout")
    classifier_dropout_prob = _alias("seq_classif_dropout")
    token_classifier_dropout_prob = _alias("dropout")

    def with_layers(self, layers: Sequence[int]) -> DistilBertConfig:
        """Returns the config of a model that keeps some of the layers.

        Args:
            layers: the numbers of the layers, from 0, in their new order.
        """
        return self.replace(n_layers=len(layers))
