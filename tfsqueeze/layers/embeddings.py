"""Token, position and token-type embeddings."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers.export_form import is_exporting
from tfsqueeze.layers.quantizable import OBSERVED, QuantizableLayer, TensorRange
from tfsqueeze.utils.errors import UserError


@keras.saving.register_keras_serializable("tfsqueeze")
class SqueezeBertEmbeddings(QuantizableLayer):
    """Sums the embeddings of each token's id, position and type.

    Args:
        vocab_size: the number of token ids.
        hidden_size: the number of channels.
        max_position_embeddings: the largest number of tokens in a text.
        type_vocab_size: the number of token types; 0 for embeddings without types.
        initializer_range: the standard deviation of new weights.
        gives_table: whether to return the table of word embeddings too, for a decoder that is tied
            to it. While exporting the table is a constant.

    Attributes:
        spellings: the spelling features of each token; see `share_spelling`. None without.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze.layers import SqueezeBertEmbeddings
        >>> embeddings = SqueezeBertEmbeddings(50, 8, 16, type_vocab_size=2)
        >>> embeddings(np.array([[2, 7, 3, 0]])).shape
        TensorShape([1, 4, 8])
    """

    def __init__(
        self,
        vocab_size: int,
        hidden_size: int,
        max_position_embeddings: int,
        type_vocab_size: int,
        initializer_range: float = 0.02,
        gives_table: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.vocab_size = vocab_size
        self.hidden_size = hidden_size
        self.max_position_embeddings = max_position_embeddings
        self.type_vocab_size = type_vocab_size
        self.initializer_range = initializer_range
        self.gives_table = gives_table
        self.spellings: Any = None

    @property
    def tables(self) -> dict[str, int]:
        """The number of rows of each table, by the name of the attribute that holds it."""
        tables = {
            "word_embeddings": self.vocab_size,
            "position_embeddings": self.max_position_embeddings,
        }
        if self.type_vocab_size:
            tables["token_type_embeddings"] = self.type_vocab_size
        return tables

    def build(self, input_shape: Any) -> None:
        """Creates the tables."""
        for name, rows in self.tables.items():
            setattr(
                self,
                name,
                self.add_weight(
                    name,
                    (rows, self._channels(name)),
                    initializer=keras.initializers.TruncatedNormal(stddev=self.initializer_range),
                ),
            )
        # This reads the variable: quantization-aware training replaces the attribute by a
        # fake-quantized tensor.
        words = self.word_embeddings
        self._words = lambda: words
        self._has_types = isinstance(input_shape, (list, tuple)) and not isinstance(
            input_shape[0], (int, type(None))
        )
        super().build(input_shape)

    def _channels(self, table: str) -> int:
        """Returns the channels of a table."""
        return self.hidden_size

    def _transform(self, words: Any) -> Any:
        """Returns what positions and types are added to."""
        return words

    def share_spelling(self, spellings: np.ndarray) -> None:
        """Adds vectors of spelling features to the token embeddings of a new model.

        The embedding of a token becomes the sum of its own vector and those of its features; see
        `tfsqueeze.models.spelling_vectors`.

        Args:
            spellings: int32 [vocab_size, features], the features' numbers from 1, 0 for none.
        """
        # Keeps the sums as large as the vectors of tokens alone.
        share = (spellings.shape[1] + 1) ** -0.5
        self.word_embeddings.assign(share * self.word_embeddings)
        self.spelling_vectors = self.add_weight(
            "spelling_vectors",
            (spellings.max(), self.hidden_size),
            initializer=keras.initializers.TruncatedNormal(stddev=share * self.initializer_range),
        )
        self.spellings = spellings

    def folded_weights(self) -> list[np.ndarray]:
        """Returns the weights of a plain layer with the same embeddings.

        The layer must have spelling features; see `share_spelling`.
        """
        *weights, vectors = self.get_weights()
        vectors = np.concatenate([np.zeros_like(vectors[:1]), vectors])
        # One feature at a time, since all at once take several times the memory of the table.
        weights[0] = sum((vectors[numbers] for numbers in self.spellings.T), start=weights[0])
        return weights

    def call(self, inputs: Any) -> Any:
        """Returns float [batch, length, hidden_size], not yet normalized.

        With `gives_table` it also returns the word embeddings, float [vocab_size, hidden_size].

        Args:
            inputs: token ids, int32 [batch, length], or a pair of token ids and token types of the
                same shape. Without types every token has type 0.

        Raises:
            UserError: the length is known and above `max_position_embeddings`.
        """
        ids, types = inputs if self._has_types else (inputs, None)
        length = ids.shape[1] if ids.shape[1] is not None else tf.shape(ids)[1]
        if isinstance(length, int) and length > self.max_position_embeddings:
            raise UserError(
                f"texts of {length} tokens are longer than max_position_embeddings "
                f"{self.max_position_embeddings}; truncate them"
            )
        positions = self.position_embeddings[:length]
        if types is None and self.type_vocab_size:
            # One constant, so that the int8 graph has one sum only.
            positions = positions + self.token_type_embeddings[0]
        positions = self._fake_quant("positions", positions)
        words = self._look_up(self.word_embeddings, ids)
        if self.spellings is not None:
            words += self._spelling_sum(ids)
        x = self._fake_quant("sum", self._transform(words) + positions)
        if types is not None:
            x = self._fake_quant("typed_sum", x + self._look_up(self.token_type_embeddings, types))
        return (x, self._table()) if self.gives_table else x

    def _spelling_sum(self, ids: Any) -> Any:
        numbers = tf.gather(tf.constant(self.spellings), ids)
        vectors = tf.gather(self.spelling_vectors, tf.maximum(numbers - 1, 0))
        return tf.reduce_sum(tf.where(numbers[..., None] > 0, vectors, 0.0), axis=-2)

    def _table(self) -> Any:
        if is_exporting():
            with tf.init_scope():
                values = self._words().numpy()
            return tf.constant(values)
        table = tf.identity(self._words())
        if self.spellings is None:
            return table
        return table + self._spelling_sum(tf.range(self.vocab_size))

    @staticmethod
    def _look_up(table: Any, ids: Any) -> Any:
        rows = tf.gather(table, ids)
        # Before the sums, so that a device without look-ups can start right after them.
        return tf.expand_dims(rows, 1) if is_exporting() else rows

    def tensor_ranges(self) -> dict[str, TensorRange]:
        """Returns the ranges of the positions and of the sums."""
        ranges = {"positions": OBSERVED, "sum": OBSERVED}
        return {**ranges, "typed_sum": OBSERVED} if self._has_types else ranges

    def quantized_weights(self) -> dict[str, bool]:
        """Returns the names of the tables that look-ups read, each with one scale."""
        weights = {"word_embeddings": False}
        return {**weights, "token_type_embeddings": False} if self._has_types else weights

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "vocab_size": self.vocab_size,
            "hidden_size": self.hidden_size,
            "max_position_embeddings": self.max_position_embeddings,
            "type_vocab_size": self.type_vocab_size,
            "initializer_range": self.initializer_range,
            "gives_table": self.gives_table,
        }
