"""The configuration of BERT, with Hugging Face's field names."""

from __future__ import annotations

import dataclasses
from typing import Any

from tfsqueeze.configs.dense_config import DenseEncoderConfig, default_labels
from tfsqueeze.configs.encoder_config import Activation


@dataclasses.dataclass(frozen=True)
class BertConfig(DenseEncoderConfig):
    """Describes a BERT encoder and its head (Devlin et al. 2019, arXiv 1810.04805).

    The fields are those of Hugging Face's `BertConfig`, and `slot_labels`. The defaults are those
    of BERT-base.

    Args:
        vocab_size: the number of token ids.
        hidden_size: the channels of the embeddings and of the encoder's layers.
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
        slot_labels: the names of the slots of a `BertForIntentAndSlots`.

    Raises:
        UserError: the values do not fit together.

    Example:
        >>> from tfsqueeze import BertConfig
        >>> BertConfig(num_hidden_layers=6).with_labels(["no", "yes"]).label2id
        {'no': 0, 'yes': 1}
    """

    model_type = "bert"
    architecture = "BERT"
    field_names = {"classifier_dropout_prob": "classifier_dropout"}
    positive_integers = (
        "vocab_size",
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

    vocab_size: int = 30522
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
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
    slot_labels: tuple[str, ...] = ()

    def _derive(self) -> None:
        self._set("slot_labels", tuple(self.slot_labels))

    @property
    def embedding_size(self) -> int:
        """The channels of the embeddings."""
        return self.hidden_size

    @property
    def classifier_dropout_prob(self) -> float:
        """The dropout rate before a classifier."""
        rate = self.classifier_dropout
        return self.hidden_dropout_prob if rate is None else rate

    def to_dict(self) -> dict[str, Any]:
        """Returns the fields as JSON-able values, `slot_labels` only if there are any."""
        fields = super().to_dict()
        slots = list(fields.pop("slot_labels"))
        # Other libraries have no such field.
        return {**fields, "slot_labels": slots} if slots else fields
