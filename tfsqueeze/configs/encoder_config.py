"""The base of the configurations of encoders: checks, labels and config.json."""

from __future__ import annotations

import dataclasses
import json
import os
import reprlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from tfsqueeze.configs.field_checks import (
    are_names,
    are_numbered_names,
    is_non_negative_integer,
    is_positive_integer,
    is_positive_number,
    is_probability,
)
from tfsqueeze.configs.problem_type import ProblemType
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically
from tfsqueeze.utils.json_files import read_json

if TYPE_CHECKING:
    from typing_extensions import Self

# As many as published encoders have. Keras walks a model layer by layer in recursion, and exceeds
# Python's limit at 64.
_MAX_LAYERS = 48
_MAX_LABELS = 100_000

Activation = Literal["gelu", "gelu_new", "sigmoid_gelu", "relu"]
# What Hugging Face calls an activation that has another name here.
_PUBLISHED_ACTIVATIONS = {"sigmoid_gelu": "quick_gelu"}
LayerType = Literal["attention", "convolution"]
FeedForwardType = Literal["dense", "squeeze_expand", "both"]
NormalizationType = Literal["layer_norm", "no_norm"]
ClassifierPooling = Literal["cls", "max"]
PairEncoder = Literal["cross_encoder", "bi_encoder"]


class EncoderConfig:
    """The base of the dataclasses that describe an encoder and its head.

    A subclass is a frozen dataclass with Hugging Face's field names. Where these differ from the
    attributes below, which the models read, it has properties with the names below.

    Attributes:
        model_type: the name of the architecture in config.json.
        architecture: its name in texts.
        supported_values: fields of config.json that are no fields here, with the only value that
            the architecture supports.
        derived_fields: for each field, the fields whose default follows from it.
        field_names: the fields of those attributes below that are properties, for messages.
        positive_integers: the names of the fields that hold integers above 0.
        non_negative_integers: the names of the fields that hold integers from 0.
        probabilities: the names of the fields that hold numbers from 0 to below 1.
        positive_numbers: the names of the fields that hold numbers above 0.
        projects_embeddings: whether a dense layer leads from the embeddings to the first layer.
        has_pooler: whether the bare encoder has a pooler.
        has_bottlenecks: whether the layers are those of MobileBERT.
        embedding_kernel_size: how many tokens the product within the embeddings reads, before
            positions and types are added; 0 for embeddings without it.
        default_layer_norm_eps: the constant added to the variance where transformers does not pass
            on `layer_norm_eps`; None where it always does.
        vocab_size: the number of token ids.
        embedding_size: the channels of the embeddings.
        hidden_size: the channels of the encoder's layers.
        num_hidden_layers: the number of layers.
        num_attention_heads: the number of attention heads in a layer, a divisor of `hidden_size`.
        intermediate_size: the channels between the two products of a feed-forward network.
        hidden_act: the activation.
        hidden_dropout_prob: the dropout rate of embeddings and of what layers add to the residual
            stream.
        attention_probs_dropout_prob: the dropout rate of attention probabilities.
        max_position_embeddings: the largest number of tokens in a text.
        type_vocab_size: the number of token types; 0 in architectures without types.
        initializer_range: the standard deviation of new weights.
        layer_norm_eps: the constant added to the variance in layer normalization.
        pad_token_id: the token id of padding.
        id2label: the names of the labels, by their numbers from 0.
        problem_type: what the head decides, one of the values of `ProblemType`; None for one label
            of a text, and for other heads.
        slot_labels: the names of slots; only SqueezeBERT and BERT have them.
        layer_types: one of `attention` and `convolution` for each layer.
        feed_forward_type: as in `SqueezeBertConfig`.
        normalization_type: as in `SqueezeBertConfig`.
        classifier_pooling: as in `SqueezeBertConfig`.
        pair_encoder: as in `SqueezeBertConfig`.
        q_groups: the groups of the product that makes queries.
        k_groups: the groups of the product that makes keys.
        v_groups: the groups of the product that makes values.
        post_attention_groups: the groups of the product after attention.
        intermediate_groups: the groups of the first product of a feed-forward network.
        output_groups: the groups of the second product of a feed-forward network.
        squeeze_size: as in `SqueezeBertConfig`; no other config has it.
        conv_kernel_size: as in `SqueezeBertConfig`; no other config has it.
    """

    model_type: ClassVar[str]
    architecture: ClassVar[str]
    supported_values: ClassVar[dict[str, Any]] = {}
    derived_fields: ClassVar[dict[str, tuple[str, ...]]] = {}
    field_names: ClassVar[dict[str, str]] = {}
    positive_integers: ClassVar[tuple[str, ...]]
    non_negative_integers: ClassVar[tuple[str, ...]]
    probabilities: ClassVar[tuple[str, ...]]
    positive_numbers: ClassVar[tuple[str, ...]]
    projects_embeddings: bool = False
    has_pooler: bool = True
    has_bottlenecks: bool = False
    embedding_kernel_size: int = 0
    default_layer_norm_eps: float | None = None

    vocab_size: int
    embedding_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    hidden_act: Activation
    hidden_dropout_prob: float
    attention_probs_dropout_prob: float
    max_position_embeddings: int
    type_vocab_size: int
    initializer_range: float
    layer_norm_eps: float
    pad_token_id: int
    id2label: dict[int, str]
    problem_type: str | None
    slot_labels: tuple[str, ...]
    layer_types: tuple[LayerType, ...]
    feed_forward_type: FeedForwardType
    normalization_type: NormalizationType
    classifier_pooling: ClassifierPooling
    pair_encoder: PairEncoder
    q_groups: int
    k_groups: int
    v_groups: int
    post_attention_groups: int
    intermediate_groups: int
    output_groups: int
    squeeze_size: int
    conv_kernel_size: int

    def __post_init__(self) -> None:
        self._check_types()
        self._derive()
        # In the order of the numbers: a JSON file may have "10" before "2".
        labels = {int(number): str(name) for number, name in self.id2label.items()}
        self._set("id2label", dict(sorted(labels.items())))
        self._check_fit()

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def _derive(self) -> None:
        """Fills in fields that follow from others."""

    @classmethod
    def _require(cls, condition: Any, message: str) -> None:
        if not condition:
            raise UserError(f"{cls.__name__}: {message}")

    def _check_types(self) -> None:
        for name in self.positive_integers:
            self._require_value(name, is_positive_integer, "a positive integer")
        for name in self.non_negative_integers:
            self._require_value(name, is_non_negative_integer, "a non-negative integer")
        for name in self.probabilities:
            self._require_value(name, is_probability, "a number from 0 to below 1")
        for name in self.positive_numbers:
            self._require_value(name, is_positive_number, "a positive number")
        self._require_value(
            "num_hidden_layers", lambda number: number <= _MAX_LAYERS, f"at most {_MAX_LAYERS}"
        )
        self._require_value("id2label", are_numbered_names, "a map of label numbers to names")
        if "slot_labels" in self._field_names():
            self._require_value("slot_labels", are_names, "a list of names")

    def _require_value(self, attribute: str, accepts: Callable[[Any], bool], called: str) -> None:
        value = getattr(self, attribute)
        name = self.field_names.get(attribute, attribute)
        self._require(accepts(value), f"{name} must be {called}, not {reprlib.repr(value)}")

    def _check_fit(self) -> None:
        size, heads = (
            self.field_names.get(name, name) for name in ("hidden_size", "num_attention_heads")
        )
        self._require(
            self.hidden_size % self.num_attention_heads == 0,
            f"{size} {self.hidden_size} must be divisible by {heads} {self.num_attention_heads}",
        )
        self._require_choice("hidden_act", get_args(Activation))
        if self.problem_type is not None:
            self._require_choice("problem_type", tuple(kind.value for kind in ProblemType))
        self._require(
            self.pad_token_id < self.vocab_size,
            f"pad_token_id {self.pad_token_id} must be within vocab_size {self.vocab_size}",
        )
        self._require(
            self.id2label and sorted(self.id2label) == list(range(len(self.id2label))),
            "id2label must number at least one label 0, 1, 2, ... without a gap",
        )

    def _require_choice(self, attribute: str, choices: tuple[str, ...]) -> None:
        self._require_value(
            attribute, lambda value: value in choices, f"one of {', '.join(choices)}"
        )

    @classmethod
    def _field_names(cls) -> list[str]:
        return [field.name for field in dataclasses.fields(cls)]  # pyright: ignore[reportArgumentType]

    @classmethod
    def _activation_field(cls) -> str:
        return cls.field_names.get("hidden_act", "hidden_act")

    @property
    def is_published(self) -> bool:
        """Whether other libraries have the architecture as the config describes it."""
        return True

    @property
    def classifies_first_token(self) -> bool:
        """Whether a classifier of texts reads the pooled first token alone."""
        return self.classifier_pooling == "cls" and self.pair_encoder == "cross_encoder"

    @property
    def num_labels(self) -> int:
        """The number of labels."""
        return len(self.id2label)

    @property
    def label2id(self) -> dict[str, int]:
        """The numbers of the labels, by their names."""
        return {name: i for i, name in self.id2label.items()}

    @property
    def attention_head_size(self) -> int:
        """The channels of one attention head."""
        return self.hidden_size // self.num_attention_heads

    @property
    def layer_groups(self) -> tuple[int, ...]:
        """For each layer the number of its set of weights; layers with one number share weights."""
        return tuple(range(self.num_hidden_layers))

    @property
    def post_attention_dropout_prob(self) -> float:
        """The dropout rate of what attention adds to the residual stream."""
        return self.hidden_dropout_prob

    @property
    def classifier_dropout_prob(self) -> float:
        """The dropout rate before the classifier of texts."""
        return self.hidden_dropout_prob

    @property
    def token_classifier_dropout_prob(self) -> float:
        """The dropout rate before the classifier of tokens."""
        return self.classifier_dropout_prob

    def replace(self, **changes: Any) -> Self:
        """Returns a copy with some fields changed.

        Args:
            **changes: fields by name. A field whose default follows from a changed one
                (`derived_fields`) takes its default again unless it is given too.

        Raises:
            UserError: a name is no field, or the values do not fit together.
        """
        known = self._field_names()
        for name in changes:
            self._require(
                name in known, f"there is no field {name!r}; the fields are {', '.join(known)}"
            )
        for name in set(changes) & set(self.derived_fields):
            changes = {**dict.fromkeys(self.derived_fields[name]), **changes}
        return dataclasses.replace(self, **changes)  # pyright: ignore[reportArgumentType]

    def head_problem(self) -> ProblemType | None:
        """Returns what a classifier's head decides, as transformers understands the config.

        Returns:
            `problem_type`; a number if there is one label and no `problem_type`; otherwise None,
            for one label or several.
        """
        if self.problem_type is not None:
            return ProblemType(self.problem_type)
        return ProblemType.REGRESSION if self.num_labels == 1 else None

    def with_labels(self, names: Iterable[str], problem_type: ProblemType | None = None) -> Self:
        """Returns a copy with other labels.

        Args:
            names: the names of the labels, in the order of their numbers.
            problem_type: what the head decides.
        """
        return self.replace(
            id2label=dict(enumerate(names)), problem_type=problem_type and problem_type.value
        )

    def with_layers(self, layers: Sequence[int]) -> Self:
        """Returns the config of a model that keeps some of the layers.

        Args:
            layers: the numbers of the layers, from 0, in their new order.
        """
        return self.replace(num_hidden_layers=len(layers))

    def to_dict(self) -> dict[str, Any]:
        """Returns the fields as JSON-able values, in the layout of Hugging Face's config.json.

        `problem_type` is there only if it has a value.
        """
        fields = dataclasses.asdict(self)  # pyright: ignore[reportArgumentType]
        if self.problem_type is None:
            del fields["problem_type"]
        fields["id2label"] = {str(i): name for i, name in self.id2label.items()}
        fields["label2id"] = self.label2id
        return {"model_type": self.model_type, **fields}

    def checkpoint_fields(self) -> dict[str, Any]:
        """Returns the fields for the config.json of a checkpoint for other libraries."""
        fields, name = self.to_dict(), self._activation_field()
        return {**fields, name: _PUBLISHED_ACTIVATIONS.get(fields[name], fields[name])}

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Self:
        """Returns the config that a config.json describes.

        Args:
            fields: the fields of the file. Those of other libraries are ignored. A field that is
                null, as some libraries write it, takes its default.

        Raises:
            UserError: `model_type` names another architecture, a field asks for a variant that is
                not supported, or the values do not fit together.
        """
        model_type = fields.get("model_type", cls.model_type)
        cls._require(
            model_type == cls.model_type,
            f"config.json describes a {reprlib.repr(model_type)} model; this reads model_type "
            f"{cls.model_type!r}",
        )
        for name, value in cls.supported_values.items():
            cls._require(
                fields.get(name) in (None, value),
                f"{name} is {reprlib.repr(fields.get(name))} in config.json; only {value!r} is "
                "supported",
            )
        known = cls._field_names()
        kept = {
            name: value for name, value in fields.items() if name in known and value is not None
        }
        activation = kept.get(cls._activation_field())
        for own, published in _PUBLISHED_ACTIVATIONS.items():
            if activation == published:
                kept[cls._activation_field()] = own
        count = fields.get("num_labels")
        if "id2label" not in kept and count is not None:
            cls._require(
                is_positive_integer(count) and count <= _MAX_LABELS,
                f"num_labels must be an integer from 1 to {_MAX_LABELS:,}, not "
                f"{reprlib.repr(count)}",
            )
            kept["id2label"] = {number: f"LABEL_{number}" for number in range(count)}
        return cls(**kept)

    @classmethod
    def from_json(cls, path: str | os.PathLike) -> Self:
        """Reads a config.json.

        Raises:
            UserError: the file is missing, is not JSON, or holds what `from_dict` refuses. The
                message names the file.
        """
        path = Path(path)
        fields = read_fields(path)
        try:
            return cls.from_dict(fields)
        except UserError as error:
            raise UserError(f"{path}: {error}") from None

    def save_json(self, path: str | os.PathLike) -> None:
        """Writes the config to a file in the layout of Hugging Face's config.json, atomically."""
        with write_atomically(path) as temporary:
            temporary.write_text(
                json.dumps(self.to_dict(), indent=2, sort_keys=True) + "\n", "utf-8"
            )


def read_fields(path: Path) -> dict[str, Any]:
    """Returns the fields of a config.json.

    Args:
        path: the file.

    Raises:
        UserError: the file is missing, or is not a JSON object.
    """
    if not path.exists():
        raise UserError(f"{path} does not exist; a model folder holds a config.json")
    return read_json(path).object()
