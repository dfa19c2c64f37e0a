"""BERT, DistilBERT and ALBERT in plain Keras, in the form that TensorFlow Lite runs best."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
import tf_keras as keras

from benchmarks.peers.configs import MASK_VALUE, BertConfig


def bert(config: BertConfig, length: int) -> keras.Model:
    """Builds a sequence classifier: input_ids int32 [1, length] to logits float [1, num_labels].

    Padding is token id 0. Everything between is [length, channels], so that each dense layer is
    one FULLY_CONNECTED without reshapes.
    """
    input_ids = keras.Input([length], batch_size=1, dtype="int32", name="input_ids")
    x = Embeddings(config, name="embeddings")(input_ids)
    bias = AttentionBias(name="attention_bias")(input_ids)
    shared = BertLayer(config, name="layer") if config.share_layers else None
    for index in range(config.num_hidden_layers):
        layer = shared or BertLayer(config, name=f"layer_{index}")
        x = layer([x, bias])
    pooled = keras.layers.Dense(config.hidden_size, "tanh", name="pooler")(x[:1])
    logits = keras.layers.Dense(config.num_labels, name="classifier")(pooled)
    return keras.Model(input_ids, logits)


class Embeddings(keras.layers.Layer):
    """Word, position and type-0 embeddings: int32 [1, length] to float [length, hidden_size]."""

    def __init__(self, config, **kwargs):
        super().__init__(**kwargs)
        self.config = config
        self.norm = layer_norm(config, "norm")
        self.projection = None
        if config.embedding_size != config.hidden_size:
            self.projection = dense(config.hidden_size, "projection")

    def build(self, input_shape):
        for name, rows in (
            ("word_embeddings", self.config.vocab_size),
            ("position_embeddings", self.config.max_position_embeddings),
            ("token_type_embeddings", 2),
        ):
            setattr(
                self,
                name,
                self.add_weight(name, (rows, self.config.embedding_size), initializer="zeros"),
            )
        super().build(input_shape)

    def call(self, input_ids):
        words = tf.gather(self.word_embeddings, input_ids[0])
        length = input_ids.shape[1]
        # The type is constant, so its row folds into the positions.
        x = words + (self.position_embeddings[:length] + self.token_type_embeddings[0])
        x = self.norm(x)
        return self.projection(x) if self.projection else x


class AttentionBias(keras.layers.Layer):
    """What masks padding in the scores: int32 [1, length] to float [1, 1, length]."""

    def call(self, input_ids):
        return tf.where(tf.equal(input_ids, 0), MASK_VALUE, 0.0)[:, None]


class BertLayer(keras.layers.Layer):
    """Attention and feed-forward of one layer: [x, bias] to float [length, hidden_size]."""

    def __init__(self, config, **kwargs):
        super().__init__(**kwargs)
        self.config = config
        self.attention = SelfAttention(
            config.hidden_size, config.num_attention_heads, name="attention"
        )
        self.attention_norm = layer_norm(config, "attention_norm")
        self.intermediate = dense(config.intermediate_size, "intermediate")
        self.output_dense = dense(config.hidden_size, "output")
        self.output_norm = layer_norm(config, "output_norm")

    def call(self, inputs):
        x, bias = inputs
        x = self.attention_norm(x + self.attention([x, x, bias]))
        return self.output_norm(x + self.output_dense(tf.nn.gelu(self.intermediate(x))))


class SelfAttention(keras.layers.Layer):
    """Multi-head attention with its four projections, all two-dimensional.

    Inputs [x, v, bias]: queries and keys are of `x`, values of `v`, both float [length, any]; the
    bias broadcasts over the scores [heads, length, length]. Output float [length, hidden_size].
    """

    def __init__(self, hidden_size, num_attention_heads, **kwargs):
        super().__init__(**kwargs)
        self.heads = num_attention_heads
        self.query, self.key, self.value, self.output_dense = (
            dense(hidden_size, name) for name in ("query", "key", "value", "output")
        )

    def call(self, inputs):
        x, source, bias = inputs
        query = self.query(x)
        query = query * (query.shape[-1] // self.heads) ** -0.5
        query, key, value = map(self._split_heads, (query, self.key(x), self.value(source)))
        scores = tf.matmul(query, key, transpose_b=True)
        context = tf.matmul(tf.nn.softmax(scores + bias), value)
        context = tf.transpose(context, [1, 0, 2])
        return self.output_dense(tf.reshape(context, [x.shape[0], -1]))

    def _split_heads(self, x):
        x = tf.reshape(x, [x.shape[0], self.heads, x.shape[1] // self.heads])
        return tf.transpose(x, [1, 0, 2])


def dense(units: int, name: str) -> keras.layers.Dense:
    """A dense layer whose weights are still to be given."""
    return keras.layers.Dense(units, name=name, kernel_initializer="zeros")


def layer_norm(config: BertConfig, name: str) -> keras.layers.Layer:
    """Keras's layer normalization."""
    return keras.layers.LayerNormalization(epsilon=config.layer_norm_eps, name=name)


def randomize(model: keras.Model, seed: int = 0) -> keras.Model:
    """Gives every weight of a model random values and returns the model.

    Scales of normalizations get values around 1. Biases and scales are random too, since the
    converter would leave out sums with 0 and products with 1, which no trained model has.
    """
    generator = np.random.default_rng(seed)
    for weight in model.weights:
        values = generator.standard_normal(weight.shape, np.float32) * np.float32(0.02)
        weight.assign(values + np.float32("gamma" in weight.name))
    return model
