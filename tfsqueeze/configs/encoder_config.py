"""What the configs of all encoders share: checks, labels, and config.json."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically

ACTIVATIONS = ("gelu", "gelu_new", "sigmoid_gelu", "relu")


class EncoderConfig:
    """The base of the dataclasses that describe an encoder and its head.

    A subclass is a frozen dataclass with Hugging Face's field names, `id2label` among them. Where
    its names differ from those that `tfsqueeze.models.encoder.encode` reads, it has properties.

    model_type: what config.json calls the architecture.
    supported_values: fields of config.json that are none here, by the one value that the
        architecture is built for.
    derived_fields: fields whose default follows from another field, by that one.
    positive_integers and the like: the fields by what they may hold.
    """

    model_type: ClassVar[str]
    supported_values: ClassVar[dict[str, Any]] = {}
    derived_fields: ClassVar[dict[str, tuple[str, ...]]] = {}
    positive_integers: ClassVar[tuple[str, ...]]
    non_negative_integers: ClassVar[tuple[str, ...]]
    probabilities: ClassVar[tuple[str, ...]]
    positive_numbers: ClassVar[tuple[str, ...]]

    # Whether a dense layer leads from the embeddings to the first layer.
    projects_embeddings: ClassVar[bool] = False
    # Whether the bare encoder has a pooler.
    has_pooler: ClassVar[bool] = True

    def __post_init__(self):
        self._check_numbers()
        self._derive()
        try:
            # In the order of the numbers: a JSON file may have "10" before "2".
            self._set(
                "id2label", dict(sorted((int(i), str(name)) for i, name in self.id2label.items()))
            )
        except (ValueError, AttributeError):
            raise UserError(
                f"{type(self).__name__}: id2label must map label numbers to names, "
                f"not {self.id2label!r}"
            ) from None
        self._check_fit()

    def _set(self, name, value):
        object.__setattr__(self, name, value)

    def _derive(self):
        """Fills in fields that follow from others."""

    @classmethod
    def _require(cls, condition, message):
        if not condition:
            raise UserError(f"{cls.__name__}: {message}")

    def _check_numbers(self):
        for name in self.positive_integers:
            value = getattr(self, name)
            self._require(
                isinstance(value, int) and value > 0,
                f"{name} must be a positive integer, not {value!r}",
            )
        for name in self.non_negative_integers:
            value = getattr(self, name)
            self._require(
                isinstance(value, int) and value >= 0,
                f"{name} must be a non-negative integer, not {value!r}",
            )
        for name in self.probabilities:
            value = getattr(self, name)
            self._require(
                isinstance(value, (int, float)) and 0 <= value < 1,
                f"{name} must be a number from 0 to below 1, not {value!r}",
            )
        for name in self.positive_numbers:
            value = getattr(self, name)
            self._require(
                isinstance(value, (int, float)) and value > 0,
                f"{name} must be a positive number, not {value!r}",
            )

    def _check_fit(self):
        self._require(
            self.hidden_size % self.num_attention_heads == 0,
            f"hidden_size {self.hidden_size} must be divisible by num_attention_heads "
            f"{self.num_attention_heads}",
        )
        self._require(
            self.hidden_act in ACTIVATIONS,
            f"hidden_act must be one of {', '.join(ACTIVATIONS)}, not {self.hidden_act!r}",
        )
        self._require(
            self.pad_token_id < self.vocab_size,
            f"pad_token_id {self.pad_token_id} must be within vocab_size {self.vocab_size}",
        )
        self._require(
            self.id2label and sorted(self.id2label) == list(range(len(self.id2label))),
            "id2label must number at least one label 0, 1, 2, ... without a gap",
        )

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

    @property
    def layer_groups(self) -> tuple[int, ...]:
        """For each layer the number of the set of weights it has; layers of one number share."""
        return tuple(range(self.num_hidden_layers))

    @property
    def post_attention_dropout_prob(self) -> float:
        """Dropout of what attention adds to the residual stream."""
        return self.hidden_dropout_prob

    @property
    def classifier_dropout_prob(self) -> float:
        """Dropout before the classifier of texts."""
        return self.hidden_dropout_prob

    @property
    def token_classifier_dropout_prob(self) -> float:
        """Dropout before the classifier of tokens."""
        return self.classifier_dropout_prob

    def replace(self, **changes: Any) -> EncoderConfig:
        """Returns a copy with some fields changed.

        Fields that were derived from a changed one (`derived_fields`) are derived anew unless
        given.

        Raises UserError for a name that is no field.
        """
        known = [field.name for field in dataclasses.fields(self)]
        for name in changes:
            self._require(
                name in known, f"there is no field {name!r}; the fields are {', '.join(known)}"
            )
        for name in set(changes) & set(self.derived_fields):
            changes = {**dict.fromkeys(self.derived_fields[name]), **changes}
        return dataclasses.replace(self, **changes)

    def with_labels(self, names) -> EncoderConfig:
        """Returns a copy whose `id2label` numbers the given names in their order."""
        return self.replace(id2label=dict(enumerate(names)))

    def with_layers(self, layers: Sequence[int]) -> EncoderConfig:
        """Returns the config of a model that is left with some of the layers, by number."""
        return self.replace(num_hidden_layers=len(layers))

    def to_dict(self) -> dict[str, Any]:
        """Returns the fields as JSON-able values, in the layout of Hugging Face's config.json."""
        fields = dataclasses.asdict(self)
        fields["id2label"] = {str(i): name for i, name in self.id2label.items()}
        fields["label2id"] = self.label2id
        return {"model_type": self.model_type, **fields}

    def checkpoint_fields(self) -> dict[str, Any]:
        """Returns the fields for the config.json of a checkpoint, which other libraries read."""
        return self.to_dict()

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> EncoderConfig:
        """Makes a config from the fields of a config.json; fields of other libraries are ignored.

        A field that is null, as some libraries write them, takes its default.

        Raises UserError where `model_type` names another architecture, or a field asks for a
        variant of it that is not built here.
        """
        model_type = fields.get("model_type", cls.model_type)
        cls._require(
            model_type == cls.model_type,
            f"config.json describes a {model_type!r} model; this reads model_type "
            f"{cls.model_type!r}",
        )
        for name, value in cls.supported_values.items():
            cls._require(
                fields.get(name) in (None, value),
                f"{name} is {fields.get(name)!r} in config.json; only {value!r} is supported",
            )
        known = {field.name for field in dataclasses.fields(cls)}
        kept = {
            name: value for name, value in fields.items() if name in known and value is not None
        }
        if "id2label" not in kept and "num_labels" in fields:
            kept["id2label"] = {i: f"LABEL_{i}" for i in range(fields["num_labels"])}
        return cls(**kept)

    @classmethod
    def from_json(cls, path: str | os.PathLike) -> EncoderConfig:
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
            temporary.write_text(
                json.dumps(self.to_dict(), indent=2, sort_keys=True) + "\n", "utf-8"
            )
