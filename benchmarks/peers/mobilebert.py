"""A model of MobileBERT's shape in plain Keras (Sun et al. 2020, arXiv 2004.02984)."""

from __future__ import annotations

import tensorflow as tf
import tf_keras as keras

from benchmarks.peers.configs import MobileBertConfig
from benchmarks.peers.encoders import AttentionBias, SelfAttention, dense


def mobilebert(config: MobileBertConfig, length: int) -> keras.Model:
    """Builds a sequence classifier: input_ids int32 [1, length] to logits float [1, num_labels].

    As in the published model the first token is classified without a pooler, and normalization
    is an affine map (section 3.3).
    """
    input_ids = keras.Input([length], batch_size=1, dtype="int32", name="input_ids")
    x = TrigramEmbeddings(config, name="embeddings")(input_ids)
    bias = AttentionBias(name="attention_bias")(input_ids)
    for index in range(config.num_hidden_layers):
        x = MobileBertLayer(config, name=f"layer_{index}")([x, bias])
    return keras.Model(input_ids, dense(config.num_labels, "classifier")(x[:1]))


class NoNorm(keras.layers.Layer):
    """A scale and an offset per channel."""

    def build(self, input_shape):
        self.gamma = self.add_weight("gamma", (input_shape[-1],), initializer="ones")
        self.beta = self.add_weight("beta", (input_shape[-1],), initializer="zeros")
        super().build(input_shape)

    def call(self, inputs):
        return inputs * self.gamma + self.beta


class TrigramEmbeddings(keras.layers.Layer):
    """Each token's embedding between its neighbours', projected; int32 [1, length] in."""

    def __init__(self, config, **kwargs):
        super().__init__(**kwargs)
        self.config = config
        self.projection = dense(config.hidden_size, "projection")
        self.norm = NoNorm(name="norm")

    def build(self, input_shape):
        config = self.config
        for name, rows, width in (
            ("word_embeddings", config.vocab_size, config.embedding_size),
            ("position_embeddings", config.max_position_embeddings, config.hidden_size),
        ):
            setattr(self, name, self.add_weight(name, (rows, width), initializer="zeros"))
        super().build(input_shape)

    def call(self, input_ids):
        words = tf.gather(self.word_embeddings, input_ids[0])
        trigrams = tf.concat(
            [tf.pad(words[1:], [[0, 1], [0, 0]]), words, tf.pad(words[:-1], [[1, 0], [0, 0]])],
            axis=1,
        )
        x = self.projection(trigrams) + self.position_embeddings[: input_ids.shape[1]]
        return self.norm(x)


class MobileBertLayer(keras.layers.Layer):
    """A bottleneck around attention and several feed-forward networks (figure 1c)."""

    def __init__(self, config, **kwargs):
        super().__init__(**kwargs)
        narrow = config.bottleneck_size
        self.input_bottleneck = dense(narrow, "input_bottleneck")
        self.input_norm = NoNorm(name="input_norm")
        # Queries and keys share one bottleneck; values read the wide input.
        self.shared_bottleneck = dense(narrow, "shared_bottleneck")
        self.shared_norm = NoNorm(name="shared_norm")
        self.attention = SelfAttention(narrow, config.num_attention_heads, name="attention")
        self.attention_norm = NoNorm(name="attention_norm")
        self.feed_forward = [
            (
                dense(config.intermediate_size, f"intermediate_{index}"),
                dense(narrow, f"output_{index}"),
                NoNorm(name=f"output_norm_{index}"),
            )
            for index in range(config.num_feedforward_networks)
        ]
        self.output_bottleneck = dense(config.hidden_size, "output_bottleneck")
        self.output_norm = NoNorm(name="output_norm")

    def call(self, inputs):
        wide, bias = inputs
        x = self.input_norm(self.input_bottleneck(wide))
        shared = self.shared_norm(self.shared_bottleneck(wide))
        x = self.attention_norm(x + self.attention([shared, wide, bias]))
        for intermediate, output, norm in self.feed_forward:
            x = norm(x + output(tf.nn.relu(intermediate(x))))
        return self.output_norm(wide + self.output_bottleneck(x))
