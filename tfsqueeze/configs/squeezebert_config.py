"""The configuration of a SqueezeBERT model, with Hugging Face's field names."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from tfsqueeze.configs.encoder_config import EncoderConfig

LAYER_TYPES = ("attention", "convolution")
FEED_FORWARD_TYPES = ("dense", "squeeze_expand", "both")
NORMALIZATION_TYPES = ("layer_norm", "no_norm")
POOLINGS = ("cls", "max")
# The fields that Hugging Face's SqueezeBertConfig does not have.
_VARIANTS = (
    "layer_types",
    "feed_forward_type",
    "squeeze_size",
    "conv_kernel_size",
    "normalization_type",
    "classifier_pooling",
    "slot_labels",
)


@dataclasses.dataclass(frozen=True)
class SqueezeBertConfig(EncoderConfig):
    """Describes a SqueezeBERT encoder and its head.

    The fields down to `output_groups` are those of Hugging Face's `SqueezeBertConfig` and mean
    the same. The rest are this project's variants; their defaults give the paper's model
    (Iandola et al. 2020, arXiv 2006.11316).

    embedding_size: channels of the embeddings. Where it is not `hidden_size`, which None stands
        for and the paper has, a dense layer leads to the first layer, as in ALBERT (Lan et al.
        2020, arXiv 1909.11942, section 3.1).
    layer_types: one of `attention` or `convolution` per layer; a convolutional layer mixes
        tokens by a squeeze-expand block instead of self-attention. None means all `attention`.
    feed_forward_type: `dense` (two grouped convolutions), `squeeze_expand` (the block in its
        place), or `both` (the block after it).
    squeeze_size: channels between the squeeze and the expand. None means a quarter of
        `hidden_size`.
    conv_kernel_size: tokens that the depthwise convolution of a squeeze-expand block sees.
    normalization_type: `layer_norm`, or `no_norm`, a learned scale and offset without
        reductions (MobileBERT, Sun et al. 2020, section 3.3).
    classifier_pooling: what a sequence classifier reads: `cls`, the pooled first token, or
        `max`, the maximum over the tokens of a dense projection.
    slot_labels: names of what a model of intents and slots tells tokens apart by; `id2label`
        names its intents. None by default.

    Raises UserError for values that do not fit together.
    """

    model_type = "squeezebert"
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
    hidden_act: str = "gelu"
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

    layer_types: tuple[str, ...] | None = None
    feed_forward_type: str = "dense"
    squeeze_size: int | None = None
    conv_kernel_size: int = 3
    normalization_type: str = "layer_norm"
    classifier_pooling: str = "cls"
    slot_labels: tuple[str, ...] = ()

    def _check_numbers(self):
        super()._check_numbers()
        for name in ("embedding_size", "squeeze_size"):
            size = getattr(self, name)
            self._require(
                size is None or isinstance(size, int) and size > 0,
                f"{name} must be a positive integer or None, not {size!r}",
            )
        self._require(
            not isinstance(self.slot_labels, str)
            and all(isinstance(name, str) and name for name in self.slot_labels),
            f"slot_labels must be a list of names, not {self.slot_labels!r}",
        )

    def _derive(self):
        for name, value in (
            ("embedding_size", self.hidden_size),
            ("squeeze_size", max(1, self.hidden_size // 4)),
            ("layer_types", ("attention",) * self.num_hidden_layers),
        ):
            if getattr(self, name) is None:
                self._set(name, value)
        self._set("layer_types", tuple(self.layer_types))
        self._set("slot_labels", tuple(self.slot_labels))

    def _check_fit(self):
        super()._check_fit()
        for groups, *sizes in (
            ("q_groups", "hidden_size"),
            ("k_groups", "hidden_size"),
            ("v_groups", "hidden_size"),
            ("post_attention_groups", "hidden_size"),
            ("intermediate_groups", "hidden_size", "intermediate_size"),
            ("output_groups", "hidden_size", "intermediate_size"),
        ):
            for size in sizes:
                count = getattr(self, groups)
                self._require(
                    getattr(self, size) % count == 0,
                    f"{groups} must be a divisor of {size} {getattr(self, size)}, not {count}",
                )
        self._require(
            len(self.layer_types) == self.num_hidden_layers,
            f"layer_types names {len(self.layer_types)} layers, num_hidden_layers is "
            f"{self.num_hidden_layers}",
        )
        for name, allowed in (
            ("feed_forward_type", FEED_FORWARD_TYPES),
            ("normalization_type", NORMALIZATION_TYPES),
            ("classifier_pooling", POOLINGS),
        ):
            self._require(
                getattr(self, name) in allowed,
                f"{name} must be one of {', '.join(allowed)}, not {getattr(self, name)!r}",
            )
        for layer_type in self.layer_types:
            self._require(
                layer_type in LAYER_TYPES,
                f"layer_types must hold {' or '.join(LAYER_TYPES)}, not {layer_type!r}",
            )

    @property
    def projects_embeddings(self) -> bool:
        """Whether a dense layer leads from the embeddings to the first layer."""
        return self.embedding_size != self.hidden_size

    def with_layers(self, layers: Sequence[int]) -> SqueezeBertConfig:
        return self.replace(
            num_hidden_layers=len(layers),
            layer_types=tuple(self.layer_types[index] for index in layers),
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            **super().to_dict(),
            "layer_types": list(self.layer_types),
            "slot_labels": list(self.slot_labels),
        }

    def checkpoint_fields(self) -> dict[str, Any]:
        """Returns the fields for the config.json of a checkpoint, our variants' only where they
        are not the paper's.

        Other libraries give some of their names, such as `layer_types`, another meaning.
        """
        defaults = {field.name: field.default for field in dataclasses.fields(self)}
        paper = self.replace(**{name: defaults[name] for name in _VARIANTS})
        return {
            key: value
            for key, value in self.to_dict().items()
            if key not in _VARIANTS or getattr(self, key) != getattr(paper, key)
        }
