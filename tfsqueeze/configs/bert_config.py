"""The configuration of BERT, with Hugging Face's field names."""

from __future__ import annotations

import dataclasses

from tfsqueeze.configs.dense_config import DenseEncoderConfig, default_labels


@dataclasses.dataclass(frozen=True)
class BertConfig(DenseEncoderConfig):
    """Describes a BERT encoder and its head (Devlin et al. 2019, arXiv 1810.04805).

    The fields are those of Hugging Face's `BertConfig`, and the defaults BERT-base's.

    classifier_dropout: before a classifier; None means `hidden_dropout_prob`.
    slot_labels: as in `SqueezeBertConfig`.

    Raises UserError for values that do not fit together.
    """

    model_type = "bert"
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
    hidden_act: str = "gelu"
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1
    classifier_dropout: float | None = None
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    initializer_range: float = 0.02
    layer_norm_eps: float = 1e-12
    pad_token_id: int = 0
    id2label: dict[int, str] = default_labels()
    slot_labels: tuple[str, ...] = ()

    def _derive(self):
        self._set("slot_labels", tuple(self.slot_labels))

    @property
    def embedding_size(self) -> int:
        """Channels of the embeddings."""
        return self.hidden_size

    @property
    def classifier_dropout_prob(self) -> float:
        """Dropout before a classifier."""
        rate = self.classifier_dropout
        return self.hidden_dropout_prob if rate is None else rate

    def to_dict(self):
        fields = super().to_dict()
        slots = list(fields.pop("slot_labels"))
        # No field of other libraries, so that it is there only where it says something.
        return {**fields, "slot_labels": slots} if slots else fields
