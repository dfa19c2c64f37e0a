"""Token, position and token-type embeddings."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers.export_form import is_exporting
from tfsqueeze.layers.quantizable import OBSERVED, QuantizableLayer
from tfsqueeze.utils.errors import UserError


@keras.saving.register_keras_serializable("tfsqueeze")
class SqueezeBertEmbeddings(QuantizableLayer):
    """Sums the embeddings of each token's id, position and type.

    Inputs: input_ids int32 [batch, length], or [input_ids, token_type_ids]; without types every
    token has type 0. Output float [batch, length, hidden_size], not yet normalized.

    type_vocab_size: how many types there are; 0 for embeddings without types.
    gives_table: whether the table of word embeddings, float [vocab_size, hidden_size], is a second
        output, for a decoder that is tied to it; a constant while exporting.

    Raises UserError where a known length is above `max_position_embeddings`.
    """

    def __init__(
        self,
        vocab_size,
        hidden_size,
        max_position_embeddings,
        type_vocab_size,
        initializer_range=0.02,
        gives_table=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.vocab_size = vocab_size
        self.hidden_size = hidden_size
        self.max_position_embeddings = max_position_embeddings
        self.type_vocab_size = type_vocab_size
        self.initializer_range = initializer_range
        self.gives_table = gives_table
        self._spellings = None

    @property
    def tables(self) -> dict[str, int]:
        """The attributes that hold tables, with their numbers of rows."""
        tables = {
            "word_embeddings": self.vocab_size,
            "position_embeddings": self.max_position_embeddings,
        }
        if self.type_vocab_size:
            tables["token_type_embeddings"] = self.type_vocab_size
        return tables

    def build(self, input_shape):
        for name, rows in self.tables.items():
            setattr(
                self,
                name,
                self.add_weight(
                    name,
                    (rows, self.hidden_size),
                    initializer=keras.initializers.TruncatedNormal(stddev=self.initializer_range),
                ),
            )
        # The variable: quantization-aware training puts a quantized tensor in the attribute.
        words = self.word_embeddings
        self._words = lambda: words
        self._has_types = isinstance(input_shape, (list, tuple)) and not isinstance(
            input_shape[0], (int, type(None))
        )
        super().build(input_shape)

    def share_spelling(self, spellings: np.ndarray) -> None:
        """Makes the embedding of each token of a new model the sum of a vector of its own and of
        those of its features; see `tfsqueeze.models.spelling_vectors`.

        spellings: int32 [vocab_size, features], the features' numbers from 1, 0 for none.
        """
        # So that the sums are as large as the vectors of tokens alone.
        share = (spellings.shape[1] + 1) ** -0.5
        self.word_embeddings.assign(share * self.word_embeddings)
        self.spelling_vectors = self.add_weight(
            "spelling_vectors",
            (spellings.max(), self.hidden_size),
            initializer=keras.initializers.TruncatedNormal(stddev=share * self.initializer_range),
        )
        self._spellings = spellings

    def folded_weights(self) -> list[np.ndarray]:
        """The weights of a plain layer with the same embeddings, after `share_spelling`."""
        *weights, vectors = self.get_weights()
        vectors = np.concatenate([np.zeros_like(vectors[:1]), vectors])
        # One feature after the other, since all at once take several times the table.
        weights[0] = sum((vectors[numbers] for numbers in self._spellings.T), start=weights[0])
        return weights

    def call(self, inputs):
        ids, types = inputs if self._has_types else (inputs, None)
        length = ids.shape[1] if ids.shape[1] is not None else tf.shape(ids)[1]
        if isinstance(length, int) and length > self.max_position_embeddings:
            raise UserError(
                f"texts of {length} tokens are longer than max_position_embeddings "
                f"{self.max_position_embeddings}; truncate them"
            )
        positions = self.position_embeddings[:length]
        if types is None and self.type_vocab_size:
            # One constant, so that the int8 graph adds once.
            positions = positions + self.token_type_embeddings[0]
        positions = self._fake_quant("positions", positions)
        words = self._look_up(self.word_embeddings, ids)
        if self._spellings is not None:
            words += self._spelled(ids)
        x = self._fake_quant("sum", words + positions)
        if types is not None:
            x = self._fake_quant("typed_sum", x + self._look_up(self.token_type_embeddings, types))
        return (x, self._table()) if self.gives_table else x

    def _spelled(self, ids):
        numbers = tf.gather(tf.constant(self._spellings), ids)
        vectors = tf.gather(self.spelling_vectors, tf.maximum(numbers - 1, 0))
        return tf.reduce_sum(tf.where(numbers[..., None] > 0, vectors, 0.0), axis=-2)

    def _table(self):
        if is_exporting():
            with tf.init_scope():
                values = self._words().numpy()
            return tf.constant(values)
        table = tf.identity(self._words())
        return (
            table if self._spellings is None else table + self._spelled(tf.range(self.vocab_size))
        )

    @staticmethod
    def _look_up(table, ids):
        rows = tf.gather(table, ids)
        # Before the sums, so that a device without look-ups can take over right after them.
        return tf.expand_dims(rows, 1) if is_exporting() else rows

    def tensor_ranges(self):
        ranges = {"positions": OBSERVED, "sum": OBSERVED}
        return {**ranges, "typed_sum": OBSERVED} if self._has_types else ranges

    def quantized_weights(self):
        weights = {"word_embeddings": False}
        return {**weights, "token_type_embeddings": False} if self._has_types else weights

    def get_config(self):
        return {
            **super().get_config(),
            "vocab_size": self.vocab_size,
            "hidden_size": self.hidden_size,
            "max_position_embeddings": self.max_position_embeddings,
            "type_vocab_size": self.type_vocab_size,
            "initializer_range": self.initializer_range,
            "gives_table": self.gives_table,
        }
