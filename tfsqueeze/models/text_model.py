"""A Keras model that takes texts: the tokenizer is inside its graph."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.checkpoints.huggingface import NewWeightsWarning
from tfsqueeze.checkpoints.model_sources import (
    CONFIG_FILE,
    has_sentence_vectors,
    pretrained_folder,
)
from tfsqueeze.models.architectures import read_config, task_model_class
from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.utils.errors import UserError

_HEAD = "SequenceClassification"
_LEARNING_RATE = 5e-4


@keras.saving.register_keras_serializable("tfsqueeze")
class Tokenize(keras.layers.Layer):
    """Turns strings into the inputs of a model.

    Args:
        tokenizer: the tokenizer.
        input_names: the inputs to make, such as `input_ids`.
    """

    def __init__(
        self, tokenizer: WordPieceTokenizer, input_names: Sequence[str], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.tokenizer, self.input_names = tokenizer, tuple(input_names)

    def call(self, texts: Any, text_pairs: Any = None) -> dict[str, Any]:
        """Returns int32 [batch, max_length] by the input's name.

        Args:
            texts: strings [batch].
            text_pairs: the second texts, strings [batch]; None for single texts.
        """
        encoded = self.tokenizer(texts, text_pairs)
        return {name: encoded[name] for name in self.input_names}

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments as JSON-able values."""
        return {
            **super().get_config(),
            "tokenizer": {
                "settings": self.tokenizer.settings(),
                "vocabulary": list(self.tokenizer.vocabulary),
            },
            "input_names": list(self.input_names),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Returns a layer with the arguments of `get_config`."""
        described = config.pop("tokenizer")
        tokenizer = WordPieceTokenizer.from_settings(described["settings"], described["vocabulary"])
        return cls(tokenizer, **config)


@keras.saving.register_keras_serializable("tfsqueeze")
class TextModel(keras.Model):
    """A task model that takes texts in place of token ids.

    Train the model inside with it, then quantize and convert that one: `encoder`. A .tflite file
    takes token ids, since runtimes on devices have no strings.

    Args:
        encoder: a task model, such as `SqueezeBertForSequenceClassification`.
        tokenizer: its tokenizer.

    Attributes:
        encoder: the task model.
        tokenizer: the tokenizer.

    Example:
        >>> import tfsqueeze
        >>> model = tfsqueeze.TextModel.from_pretrained(
        ...     "squeezebert-tiny", labels=["negative", "positive"], max_length=16
        ... )
        >>> model(["a great film", "dull"]).shape
        TensorShape([2, 2])
        >>> _ = model.fit(["a great film", "dull"], ["positive", "negative"], verbose=0)
    """

    def __init__(
        self, encoder: PreTrainedModel, tokenizer: WordPieceTokenizer, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.encoder, self.tokenizer = encoder, tokenizer
        self._tokenize = Tokenize(tokenizer, encoder.input_names, name="tokenize")

    @classmethod
    def from_pretrained(
        cls,
        source: str,
        labels: Sequence[str] | None = None,
        *,
        pairs: bool = False,
        max_length: int = 128,
    ) -> Self:
        """Returns a compiled classifier of texts with pretrained weights.

        It is compiled with AdamW (a learning rate of 5e-4), the cross-entropy of class ids, and
        accuracy. `compile` may be called again.

        Args:
            source: a folder in Hugging Face's layout, the name of a backbone, or a hub id.
            labels: the names of the classes, in the order of their ids, for a new head; None keeps
                the checkpoint's head.
            pairs: whether the model reads pairs of texts. A SqueezeBERT of this package with a new
                head becomes a bi_encoder; see `SqueezeBertConfig`.
            max_length: the maximum number of tokens of a text.

        Raises:
            UserError: there is no such model, or it has no head and there are no labels.
        """
        folder = pretrained_folder(source)
        config = read_config(folder / CONFIG_FILE)
        options: dict[str, Any] = {}
        if labels is not None:
            options = {"id2label": dict(enumerate(labels)), "new_head": True}
            if pairs and has_sentence_vectors(source):
                options["pair_encoder"] = "bi_encoder"
        names = ["input_ids", *(["token_type_ids"] if pairs else [])]
        model_class = task_model_class(config.model_type, _HEAD)
        with warnings.catch_warnings():
            if labels is not None:
                # The user asks for a new head.
                warnings.simplefilter("ignore", NewWeightsWarning)
            encoder = model_class.from_pretrained(folder, input_names=names, **options)
        model = cls(encoder, WordPieceTokenizer.from_pretrained(folder, max_length=max_length))
        model.compile(
            keras.optimizers.AdamW(_LEARNING_RATE),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
        return model

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Returns the outputs of the task model.

        Args:
            inputs: strings [batch]; of pairs a tuple of the first and the second texts.
            training: whether this is training.
        """
        parts = _tensors(inputs)
        return self.encoder(self._tokenize(*parts), training=training)

    def fit(self, x: Any = None, y: Any = None, **options: Any) -> Any:
        """Trains the model, as `keras.Model.fit` does.

        Args:
            x: texts: a list of strings, of pairs a tuple of two lists; or a `tf.data.Dataset`.
            y: the label of each text: its name, or its class id.
            **options: further arguments of `keras.Model.fit`; `validation_data` may hold lists.

        Raises:
            UserError: the model has no label of a name.
        """
        if isinstance(options.get("validation_data"), tuple):
            texts, labels, *weights = options["validation_data"]
            options["validation_data"] = (
                _data(texts),
                self._label_ids(labels),
                *map(_data, weights),
            )
        return super().fit(_data(x), self._label_ids(y), **options)

    def evaluate(self, x: Any = None, y: Any = None, **options: Any) -> Any:
        """Returns the loss and the metrics, as `keras.Model.evaluate` does; see `fit`."""
        return super().evaluate(_data(x), self._label_ids(y), **options)

    def predict(self, x: Any, **options: Any) -> Any:
        """Returns the outputs, as `keras.Model.predict` does; see `fit`."""
        return super().predict(_data(x), **options)

    def predict_labels(self, texts: Any) -> list[str]:
        """Returns the name of the likeliest class of each text.

        Args:
            texts: as `x` of `fit`.
        """
        logits = self.predict(texts, verbose=0)
        return [self.encoder.config.id2label[index] for index in logits.argmax(axis=-1)]

    def save_pretrained(self, folder: str | os.PathLike[str]) -> None:
        """Writes the trained model in Hugging Face's layout, tokenizer included.

        `tfsqueeze.convert` makes an int8 file of the folder, and `from_pretrained` loads it.

        Args:
            folder: the folder to write.
        """
        self.encoder.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)

    def _label_ids(self, labels: Any) -> Any:
        """Returns the class ids of labels; of ids a tensor, and what is no list as it is."""
        is_list = isinstance(labels, (list, np.ndarray))
        if not (is_list and any(isinstance(label, str) for label in labels)):
            return _data(labels)
        numbers = {name: index for index, name in self.encoder.config.id2label.items()}
        unknown = sorted({str(label) for label in labels} - numbers.keys())
        if unknown:
            raise UserError(
                f"the model has no label {unknown[0]!r}; it has {', '.join(map(repr, numbers))}"
            )
        return tf.constant([numbers[label] for label in labels])

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Marks the model as built. Keras would call it with numbers, and the encoder is built."""
        self.built = True

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments as JSON-able values."""
        return {
            "encoder": keras.saving.serialize_keras_object(self.encoder),
            "tokenize": keras.saving.serialize_keras_object(self._tokenize),
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Returns a model with the arguments of `get_config`."""
        encoder, tokenize = (
            keras.saving.deserialize_keras_object(config[name]) for name in ("encoder", "tokenize")
        )
        return cls(encoder, tokenize.tokenizer, name=config["name"])


def _data(values: Any) -> Any:
    """Returns lists as tensors, since Keras takes a list for several inputs."""
    if isinstance(values, tuple):
        return tuple(map(_data, values))
    return tf.constant(values) if isinstance(values, list) else values


def _tensors(inputs: Any) -> tuple[Any, ...]:
    """Returns the texts, and the second ones of pairs, as strings [batch]."""
    parts = inputs if isinstance(inputs, tuple) else (inputs,)
    found = tuple(tf.convert_to_tensor(part) for part in parts)
    for part in found:
        if part.dtype != tf.string:
            raise UserError(f"a TextModel takes texts, not {part.dtype.name}")
    # Keras gives columns of strings a second dimension.
    return tuple(tf.reshape(part, [-1]) for part in found)
