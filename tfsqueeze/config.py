"""The configuration of a SqueezeBERT model, with Hugging Face's field names."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

from tfsqueeze.errors import UserError
from tfsqueeze.files import write_atomically

ACTIVATIONS = ("gelu", "sigmoid_gelu", "relu")
LAYER_TYPES = ("attention", "convolution")
FEED_FORWARD_TYPES = ("dense", "squeeze_expand", "both")
NORMALIZATION_TYPES = ("layer_norm", "no_norm")
POOLINGS = ("cls", "max")


def _require(condition, message):
    if not condition:
        raise UserError(f"SqueezeBertConfig: {message}")


@dataclasses.dataclass(frozen=True)
class SqueezeBertConfig:
    """Describes a SqueezeBERT encoder and its head.

    The fields down to `output_groups` are those of Hugging Face's `SqueezeBertConfig` and mean
    the same. The rest are this project's variants; their defaults give the paper's model
    (Iandola et al. 2020, arXiv 2006.11316).

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

    Raises UserError for values that do not fit together.
    """

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
        default_factory=lambda: {0: "LABEL_0", 1: "LABEL_1"})

    layer_types: tuple[str, ...] | None = None
    feed_forward_type: str = "dense"
    squeeze_size: int | None = None
    conv_kernel_size: int = 3
    normalization_type: str = "layer_norm"
    classifier_pooling: str = "cls"

    def __post_init__(self):
        self._check_numbers()

        def default(name, value):
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)

        default("embedding_size", self.hidden_size)
        default("squeeze_size", max(1, self.hidden_size // 4))
        default("layer_types", ("attention",) * self.num_hidden_layers)
        object.__setattr__(self, "layer_types", tuple(self.layer_types))
        try:
            # In the order of the numbers: a JSON file may have "10" before "2".
            object.__setattr__(self, "id2label", dict(sorted(
                (int(i), str(name)) for i, name in self.id2label.items())))
        except (ValueError, AttributeError):
            raise UserError("SqueezeBertConfig: id2label must map label numbers to names, not "
                            f"{self.id2label!r}") from None
        self._check_fit()

    def _check_numbers(self):
        for name in ("vocab_size", "hidden_size", "num_attention_heads",
                     "intermediate_size", "max_position_embeddings", "type_vocab_size",
                     "conv_kernel_size", "q_groups", "k_groups", "v_groups",
                     "post_attention_groups", "intermediate_groups", "output_groups"):
            value = getattr(self, name)
            _require(isinstance(value, int) and value > 0,
                     f"{name} must be a positive integer, not {value!r}")
        for name in ("num_hidden_layers", "pad_token_id"):
            value = getattr(self, name)
            _require(isinstance(value, int) and value >= 0,
                     f"{name} must be a non-negative integer, not {value!r}")
        _require(self.squeeze_size is None
                 or isinstance(self.squeeze_size, int) and self.squeeze_size > 0,
                 f"squeeze_size must be a positive integer or None, not {self.squeeze_size!r}")
        for name in ("hidden_dropout_prob", "attention_probs_dropout_prob"):
            value = getattr(self, name)
            _require(isinstance(value, (int, float)) and 0 <= value < 1,
                     f"{name} must be a number from 0 to below 1, not {value!r}")
        for name in ("initializer_range", "layer_norm_eps"):
            value = getattr(self, name)
            _require(isinstance(value, (int, float)) and value > 0,
                     f"{name} must be a positive number, not {value!r}")

    def _check_fit(self):
        _require(self.embedding_size == self.hidden_size,
                 f"embedding_size {self.embedding_size} must equal hidden_size {self.hidden_size}: "
                 "SqueezeBERT has no projection between them")
        _require(self.hidden_size % self.num_attention_heads == 0,
                 f"hidden_size {self.hidden_size} must be divisible by num_attention_heads "
                 f"{self.num_attention_heads}")
        for groups, *sizes in (("q_groups", "hidden_size"), ("k_groups", "hidden_size"),
                               ("v_groups", "hidden_size"),
                               ("post_attention_groups", "hidden_size"),
                               ("intermediate_groups", "hidden_size", "intermediate_size"),
                               ("output_groups", "hidden_size", "intermediate_size")):
            for size in sizes:
                count = getattr(self, groups)
                _require(getattr(self, size) % count == 0,
                         f"{groups} must be a divisor of {size} {getattr(self, size)}, "
                         f"not {count}")
        _require(len(self.layer_types) == self.num_hidden_layers,
                 f"layer_types names {len(self.layer_types)} layers, num_hidden_layers is "
                 f"{self.num_hidden_layers}")
        for name, allowed in (("hidden_act", ACTIVATIONS),
                              ("feed_forward_type", FEED_FORWARD_TYPES),
                              ("normalization_type", NORMALIZATION_TYPES),
                              ("classifier_pooling", POOLINGS)):
            _require(getattr(self, name) in allowed,
                     f"{name} must be one of {', '.join(allowed)}, not {getattr(self, name)!r}")
        for layer_type in self.layer_types:
            _require(layer_type in LAYER_TYPES,
                     f"layer_types must hold {' or '.join(LAYER_TYPES)}, not {layer_type!r}")
        _require(self.pad_token_id < self.vocab_size,
                 f"pad_token_id {self.pad_token_id} must be within vocab_size {self.vocab_size}")
        _require(self.id2label and sorted(self.id2label) == list(range(len(self.id2label))),
                 "id2label must number at least one label 0, 1, 2, ... without a gap")

    @property
    def num_labels(self) -> int:
        """How many labels a task head tells apart."""
        return len(self.id2label)

    @property
    def label2id(self) -> dict[str, int]:
        """The inverse of `id2label`."""
        return {name: i for i, name in self.id2label.items()}

    @property
    def attention_head_size(self) -> int:
        """Channels of one attention head."""
        return self.hidden_size // self.num_attention_heads

    def replace(self, **changes: Any) -> SqueezeBertConfig:
        """Returns a copy with some fields changed.

        Fields that were derived from a changed one (`embedding_size`, `squeeze_size` from
        `hidden_size`; `layer_types` from `num_hidden_layers`) are derived anew unless given.

        Raises UserError for a name that is no field.
        """
        known = [field.name for field in dataclasses.fields(self)]
        for name in changes:
            _require(name in known, f"there is no field {name!r}; the fields are "
                     f"{', '.join(known)}")
        if "hidden_size" in changes:
            changes = {"embedding_size": None, "squeeze_size": None, **changes}
        if "num_hidden_layers" in changes:
            changes = {"layer_types": None, **changes}
        return dataclasses.replace(self, **changes)

    def with_labels(self, names) -> SqueezeBertConfig:
        """Returns a copy whose `id2label` numbers the given names in their order."""
        return self.replace(id2label=dict(enumerate(names)))

    def to_dict(self) -> dict[str, Any]:
        """Returns the fields as JSON-able values, in the layout of Hugging Face's config.json."""
        fields = dataclasses.asdict(self)
        fields["layer_types"] = list(self.layer_types)
        fields["id2label"] = {str(i): name for i, name in self.id2label.items()}
        fields["label2id"] = self.label2id
        return {"model_type": "squeezebert", **fields}

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> SqueezeBertConfig:
        """Makes a config from the fields of a config.json; fields of other libraries are ignored.

        A field that is null, as some libraries write them, takes its default.

        Raises UserError where `model_type` names another architecture.
        """
        model_type = fields.get("model_type", "squeezebert")
        if model_type != "squeezebert":
            raise UserError(f"config.json describes a {model_type!r} model; "
                            "tfsqueeze reads model_type 'squeezebert'")
        known = {field.name for field in dataclasses.fields(cls)}
        kept = {name: value for name, value in fields.items()
                if name in known and value is not None}
        if "id2label" not in kept and "num_labels" in fields:
            kept["id2label"] = {i: f"LABEL_{i}" for i in range(fields["num_labels"])}
        return cls(**kept)

    @classmethod
    def from_json(cls, path: str | os.PathLike) -> SqueezeBertConfig:
        """Reads a config.json. Raises UserError where it is missing or is not JSON."""
        path = Path(path)
        try:
            fields = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            raise UserError(f"{path} does not exist; a model folder holds a config.json") from None
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise UserError(f"{path} is not JSON: {error}") from None
        if not isinstance(fields, dict):
            raise UserError(f"{path} must hold a JSON object of config fields")
        return cls.from_dict(fields)

    def save_json(self, path: str | os.PathLike) -> None:
        """Writes config.json in Hugging Face's layout, atomically."""
        with write_atomically(path) as temporary:
            temporary.write_text(json.dumps(self.to_dict(), indent=2, sort_keys=True) + "\n",
                                 "utf-8")
