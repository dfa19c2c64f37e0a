"""The configuration of a SqueezeBERT model, with Hugging Face's field names."""

from __future__ import annotations

import dataclasses
import reprlib
from collections.abc import Sequence
from typing import Any, get_args

from tfsqueeze.configs.encoder_config import (
    Activation,
    ClassifierPooling,
    EncoderConfig,
    FeedForwardType,
    LayerType,
    NormalizationType,
    PairEncoder,
)
from tfsqueeze.configs.field_checks import is_list, is_positive_integer

# The fields that Hugging Face's SqueezeBertConfig does not have.
_VARIANTS = (
    "layer_types",
    "feed_forward_type",
    "squeeze_size",
    "conv_kernel_size",
    "normalization_type",
    "classifier_pooling",
    "pair_encoder",
    "slot_labels",
)

# The groups of each product of a layer, and the sizes that they divide.
_GROUPS = (
    ("q_groups", "hidden_size"),
    ("k_groups", "hidden_size"),
    ("v_groups", "hidden_size"),
    ("post_attention_groups", "hidden_size"),
    ("intermediate_groups", "hidden_size", "intermediate_size"),
    ("output_groups", "hidden_size", "intermediate_size"),
)
# Each group is a product of its own. The paper's model has 252; 10,000 take minutes and gigabytes.
_MAX_PRODUCTS = 2_000


@dataclasses.dataclass(frozen=True)
class SqueezeBertConfig(EncoderConfig):
    """Describes a SqueezeBERT encoder and its head.

    The fields down to `problem_type` are those of Hugging Face's `SqueezeBertConfig` and mean the
    same. The rest are this project's variants. Their defaults give the paper's model (Iandola et
    al. 2020, arXiv 2006.11316).

    Args:
        vocab_size: the number of token ids.
        hidden_size: the channels of the encoder's layers.
        num_hidden_layers: the number of layers.
        num_attention_heads: the number of attention heads in a layer, a divisor of `hidden_size`.
        intermediate_size: the channels inside a feed-forward network.
        hidden_act: `gelu`, `gelu_new`, `sigmoid_gelu` or `relu`.
        hidden_dropout_prob: the dropout rate of embeddings and of what layers add.
        attention_probs_dropout_prob: the dropout rate of attention probabilities.
        max_position_embeddings: the largest number of tokens in a text.
        type_vocab_size: the number of token types.
        initializer_range: the standard deviation of new weights.
        layer_norm_eps: the constant added to the variance in layer normalization.
        pad_token_id: the token id of padding.
        embedding_size: the channels of the embeddings. None stands for `hidden_size`, as in the
            paper. With another value a dense layer leads to the first layer, as in ALBERT (Lan et
            al. 2020, arXiv 1909.11942, section 3.1).
        q_groups: the groups of the product that makes queries.
        k_groups: the groups of the product that makes keys.
        v_groups: the groups of the product that makes values.
        post_attention_groups: the groups of the product after attention.
        intermediate_groups: the groups of the first product of a feed-forward network.
        output_groups: the groups of the second product of a feed-forward network.
        id2label: the names of the labels, by their numbers from 0.
        problem_type: what the head decides: `regression`, `single_label_classification` or
            `multi_label_classification`; None for one label of a text, and for other heads.
        layer_types: `attention` or `convolution` for each layer. A convolutional layer mixes tokens
            by a squeeze-expand block instead of self-attention. None stands for all `attention`.
        feed_forward_type: `dense` for two grouped convolutions, `squeeze_expand` for a
            squeeze-expand block instead, or `both` for the block after the convolutions.
        squeeze_size: the channels between the squeeze and the expand. None stands for a quarter of
            `hidden_size`.
        conv_kernel_size: the number of tokens that the depthwise convolution of a squeeze-expand
            block spans.
        normalization_type: `layer_norm`, or `no_norm` for a learned scale and offset without
            reductions (MobileBERT, Sun et al. 2020, arXiv 2004.02984, section 3.3).
        classifier_pooling: what a classifier of texts reads, unless it is a `bi_encoder`: `cls` for
            the pooled first token, or `max` for the maximum over the tokens of a dense projection.
        pair_encoder: `cross_encoder` if the tokens of both texts of a pair attend to each other, as
            in BERT. `bi_encoder` if attention stays within each text, and a classifier compares
            the means of their tokens (Reimers and Gurevych 2019, arXiv 1908.10084); see
            `tfsqueeze.layers.PairFeatures`. Convolutions still reach a few tokens into the
            other text.
        slot_labels: the names of the slots of a `SqueezeBertForIntentAndSlots`, whose intents
            `id2label` names.

    Raises:
        UserError: the values do not fit together.

    Example:
        >>> from tfsqueeze import SqueezeBertConfig
        >>> layer_types = ("attention", "convolution")
        >>> hybrid = SqueezeBertConfig(num_hidden_layers=2, layer_types=layer_types)
        >>> hybrid.with_labels(["negative", "positive"]).num_labels
        2
        >>> hybrid.replace(squeeze_size=96, conv_kernel_size=5).squeeze_size
        96
    """

    model_type = "squeezebert"
    architecture = "SqueezeBERT"
    derived_fields = {
        "hidden_size": ("embedding_size", "squeeze_size"),
        "num_hidden_layers": ("layer_types",),
    }
    positive_integers = (
        "vocab_size",
        "hidden_size",
        "num_attention_heads",
        "intermediate_size",
        "max_position_embeddings",
        "type_vocab_size",
        "conv_kernel_size",
        "q_groups",
        "k_groups",
        "v_groups",
        "post_attention_groups",
        "intermediate_groups",
        "output_groups",
    )
    non_negative_integers = ("num_hidden_layers", "pad_token_id")
    probabilities = ("hidden_dropout_prob", "attention_probs_dropout_prob")
    positive_numbers = ("initializer_range", "layer_norm_eps")

    vocab_size: int = 30522
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    hidden_act: Activation = "gelu"
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    initializer_range: float = 0.02
    layer_norm_eps: float = 1e-12
    pad_token_id: int = 0
    embedding_size: int | None = None
    q_groups: int = 4
    k_groups: int = 4
    v_groups: int = 4
    post_attention_groups: int = 1
    intermediate_groups: int = 4
    output_groups: int = 4
    id2label: dict[int, str] = dataclasses.field(
        default_factory=lambda: {0: "LABEL_0", 1: "LABEL_1"}
    )
    problem_type: str | None = None

    layer_types: tuple[LayerType, ...] | None = None
    feed_forward_type: FeedForwardType = "dense"
    squeeze_size: int | None = None
    conv_kernel_size: int = 3
    normalization_type: NormalizationType = "layer_norm"
    classifier_pooling: ClassifierPooling = "cls"
    pair_encoder: PairEncoder = "cross_encoder"
    slot_labels: tuple[str, ...] = ()

    def _check_types(self) -> None:
        super()._check_types()
        for name in ("embedding_size", "squeeze_size"):
            if getattr(self, name) is not None:
                self._require_value(name, is_positive_integer, "a positive integer or None")
        if self.layer_types is not None:
            self._require_value("layer_types", is_list, "a list of layer types or None")

    def _derive(self) -> None:
        if self.embedding_size is None:
            self._set("embedding_size", self.hidden_size)
        if self.squeeze_size is None:
            self._set("squeeze_size", max(1, self.hidden_size // 4))
        layer_types = self.layer_types
        if layer_types is None:
            layer_types = ("attention",) * self.num_hidden_layers
        self._set("layer_types", tuple(layer_types))
        self._set("slot_labels", tuple(self.slot_labels))

    def _check_fit(self) -> None:
        super()._check_fit()
        for groups, *sizes in _GROUPS:
            for size in sizes:
                count = getattr(self, groups)
                self._require(
                    getattr(self, size) % count == 0,
                    f"{groups} must be a divisor of {size} {getattr(self, size)}, not {count}",
                )
        products = self.num_hidden_layers * sum(getattr(self, groups) for groups, *_ in _GROUPS)
        self._require(
            products <= _MAX_PRODUCTS,
            f"num_hidden_layers {self.num_hidden_layers} in that many groups are {products:,} "
            f"products; at most {_MAX_PRODUCTS:,} can be built",
        )
        layer_types = self.layer_types or ()
        self._require(
            len(layer_types) == self.num_hidden_layers,
            f"layer_types names {len(layer_types)} layers, num_hidden_layers is "
            f"{self.num_hidden_layers}",
        )
        self._require_choice("feed_forward_type", get_args(FeedForwardType))
        self._require_choice("normalization_type", get_args(NormalizationType))
        self._require_choice("classifier_pooling", get_args(ClassifierPooling))
        self._require_choice("pair_encoder", get_args(PairEncoder))
        for layer_type in layer_types:
            self._require(
                layer_type in get_args(LayerType),
                f"layer_types must hold {' or '.join(get_args(LayerType))}, not "
                f"{reprlib.repr(layer_type)}",
            )
        self._require(
            self.pair_encoder != "bi_encoder" or self.type_vocab_size > 1,
            "a bi_encoder needs a type_vocab_size of 2 or more",
        )

    @property
    def is_published(self) -> bool:
        """Whether the config describes the paper's model, without this project's variants."""
        return not self.projects_embeddings and not self.checkpoint_fields().keys() & set(_VARIANTS)

    @property
    def projects_embeddings(self) -> bool:
        """Whether a dense layer leads from the embeddings to the first layer."""
        return self.embedding_size != self.hidden_size

    def with_layers(self, layers: Sequence[int]) -> SqueezeBertConfig:
        """Returns the config of a model that keeps some of the layers.

        Args:
            layers: the numbers of the layers, from 0, in their new order.
        """
        layer_types = self.layer_types or ()
        return self.replace(
            num_hidden_layers=len(layers),
            layer_types=tuple(layer_types[index] for index in layers),
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns the fields as JSON-able values, in the layout of Hugging Face's config.json."""
        return {
            **super().to_dict(),
            "layer_types": list(self.layer_types or ()),
            "slot_labels": list(self.slot_labels),
        }

    def checkpoint_fields(self) -> dict[str, Any]:
        """Returns the fields for the config.json of a checkpoint, which other libraries read too.

        A field of this project's variants is present only where it differs from the paper's model:
        other libraries give some of these names, such as `layer_types`, another meaning.
        """
        defaults = {field.name: field.default for field in dataclasses.fields(self)}
        paper = self.replace(**{name: defaults[name] for name in _VARIANTS})
        return {
            key: value
            for key, value in super().checkpoint_fields().items()
            if key not in _VARIANTS or getattr(self, key) != getattr(paper, key)
        }
