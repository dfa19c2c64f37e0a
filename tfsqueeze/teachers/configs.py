"""The configurations of BERT, DistilBERT and ALBERT, with Hugging Face's field names."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from tfsqueeze.encoder_config import EncoderConfig


def _labels():
    return dataclasses.field(default_factory=lambda: {0: "LABEL_0", 1: "LABEL_1"})


class DenseEncoderConfig(EncoderConfig):
    """The base of configs whose layers are attention and a feed-forward network, all dense.

    In the terms of `SqueezeBertConfig`: every product in one group, and none of the variants.
    """

    supported_values = {"position_embedding_type": "absolute", "is_decoder": False,
                        "add_cross_attention": False}

    q_groups = k_groups = v_groups = post_attention_groups = 1
    intermediate_groups = output_groups = 1
    feed_forward_type = "dense"
    normalization_type = "layer_norm"
    classifier_pooling = "cls"

    @property
    def layer_types(self) -> tuple[str, ...]:
        """One entry per layer, as in `SqueezeBertConfig`."""
        return ("attention",) * self.num_hidden_layers


@dataclasses.dataclass(frozen=True)
class BertConfig(DenseEncoderConfig):
    """Describes a BERT encoder and its head (Devlin et al. 2019, arXiv 1810.04805).

    The fields are those of Hugging Face's `BertConfig`, and the defaults BERT-base's.

    classifier_dropout: before a classifier; None means `hidden_dropout_prob`.
    slot_labels: as in `SqueezeBertConfig`.

    Raises UserError for values that do not fit together.
    """

    model_type = "bert"
    positive_integers = ("vocab_size", "hidden_size", "num_attention_heads", "intermediate_size",
                         "max_position_embeddings", "type_vocab_size")
    non_negative_integers = ("num_hidden_layers", "pad_token_id")
    probabilities = ("hidden_dropout_prob", "attention_probs_dropout_prob",
                     "classifier_dropout_prob")
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
    id2label: dict[int, str] = _labels()
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
    id2label: dict[int, str] = _labels()

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
    positive_integers = ("vocab_size", "embedding_size", "hidden_size", "num_hidden_groups",
                         "num_attention_heads", "intermediate_size", "max_position_embeddings",
                         "type_vocab_size")
    non_negative_integers = ("num_hidden_layers", "pad_token_id")
    probabilities = ("hidden_dropout_prob", "attention_probs_dropout_prob",
                     "classifier_dropout_prob")
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
    id2label: dict[int, str] = _labels()

    def _check_fit(self):
        super()._check_fit()
        self._require(self.num_hidden_layers % self.num_hidden_groups == 0,
                      f"num_hidden_layers {self.num_hidden_layers} must be divisible by "
                      f"num_hidden_groups {self.num_hidden_groups}")

    @property
    def layer_groups(self) -> tuple[int, ...]:
        """For each layer the number of the set of weights it has; layers of one number share."""
        return tuple(index * self.num_hidden_groups // self.num_hidden_layers
                     for index in range(self.num_hidden_layers))

    def with_layers(self, layers: Sequence[int]) -> AlbertConfig:
        groups = [self.layer_groups[index] for index in layers]
        count = len(set(groups))
        self._require(count in (1, len(groups)), f"layers {list(layers)} share {count} sets of "
                      "weights; keep layers that share one set, or none")
        return self.replace(num_hidden_layers=len(groups), num_hidden_groups=count)
