"""SqueezeBERT and its task models: the classes that users build, fit, save and load."""

from __future__ import annotations

import os
import types
from typing import Any

import tensorflow as tf
import tf_keras as keras

from tfsqueeze.config import SqueezeBertConfig
from tfsqueeze.layers import FLOAT_MASK_VALUE, FirstToken, MaxOverTokens
from tfsqueeze.models.encoder import MODEL_INPUTS, EncoderGraph, convolve, encode, normalize


class SqueezeBertPreTrained(keras.Model):
    """What all SqueezeBERT models share: a Functional graph that a config describes.

    config: a `SqueezeBertConfig`.
    input_names: which of `input_ids`, `attention_mask`, `token_type_ids` the model takes, each
        int32 [batch, length]; see `encode`. Inputs are given as a dict by name.

    `extra_tensors` holds, by name, float32 tensors of a loaded checkpoint that the class has no
    use for; `save_pretrained` writes them back.
    """

    def __init__(self, config: SqueezeBertConfig, *, input_names=MODEL_INPUTS, **kwargs):
        graph = encode(config, tuple(input_names),
                       first_token_only=self._reads_first_token_only(config))
        super().__init__(inputs=graph.inputs, outputs=self._head(graph), **kwargs)
        self._config = config
        # A mapping proxy, since Keras would wrap and track a dict.
        self.extra_tensors = types.MappingProxyType({})

    @staticmethod
    def _reads_first_token_only(config: SqueezeBertConfig) -> bool:
        return False

    @staticmethod
    def _head(graph: EncoderGraph):
        raise NotImplementedError

    @property
    def config(self) -> SqueezeBertConfig:
        """The configuration the model was built from."""
        return self._config

    def get_config(self) -> dict[str, Any]:
        """Returns what rebuilds the model: its config and the names of its inputs."""
        return {"config": self._config.to_dict(), "input_names": list(self.input_names),
                "name": self.name}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Rebuilds a model, with new weights, from `get_config`'s result."""
        config = dict(config)
        return cls(SqueezeBertConfig.from_dict(config.pop("config")), **config)

    @classmethod
    def from_pretrained(cls, source: str | os.PathLike, **options: Any) -> SqueezeBertPreTrained:
        """Builds the model from a Hugging Face folder or hub id; see `load_pretrained`."""
        from tfsqueeze.checkpoints import load_pretrained

        return load_pretrained(cls, source, **options)

    def save_pretrained(self, folder: str | os.PathLike) -> None:
        """Writes the model to a folder in Hugging Face's layout; see `checkpoints`."""
        from tfsqueeze.checkpoints import save_pretrained

        save_pretrained(self, folder)


@keras.saving.register_keras_serializable("tfsqueeze")
class SqueezeBertModel(SqueezeBertPreTrained):
    """The bare encoder.

    Outputs a dict: `last_hidden_state` float [batch, length, hidden_size], `pooler_output` float
    [batch, hidden_size] (tanh of a dense layer on the first token), and `hidden_states_<i>`, the
    embedding output and each layer's.
    """

    @staticmethod
    def _head(graph):
        states = {f"hidden_states_{i}": x for i, x in enumerate(graph.hidden_states)}
        return {"last_hidden_state": graph.last_hidden_state, "pooler_output": _pool(graph),
                **states}


@keras.saving.register_keras_serializable("tfsqueeze")
class SqueezeBertForSequenceClassification(SqueezeBertPreTrained):
    """Classifies texts or pairs of texts: logits float [batch, num_labels].

    `config.classifier_pooling` chooses what the classifier reads.
    """

    @staticmethod
    def _reads_first_token_only(config):
        return config.classifier_pooling == "cls"

    @staticmethod
    def _head(graph):
        if graph.config.classifier_pooling == "max":
            projected = convolve(graph.config, graph.last_hidden_state, graph.config.hidden_size,
                                 "pooler", activation="relu")
            bias = graph.mask("pooling_bias", FLOAT_MASK_VALUE, 0.0, "tokens")
            pooled = MaxOverTokens(name="max_over_tokens")([projected, bias])
        else:
            pooled = _pool(graph)
        pooled = _dropout(graph, pooled)
        return convolve(graph.config, pooled, graph.config.num_labels, "classifier")


@keras.saving.register_keras_serializable("tfsqueeze")
class SqueezeBertForTokenClassification(SqueezeBertPreTrained):
    """Labels each token: logits float [batch, length, num_labels]."""

    @staticmethod
    def _head(graph):
        x = _dropout(graph, graph.last_hidden_state)
        return convolve(graph.config, x, graph.config.num_labels, "classifier")


@keras.saving.register_keras_serializable("tfsqueeze")
class SqueezeBertForQuestionAnswering(SqueezeBertPreTrained):
    """Finds an answer's span: logits float [batch, length, 2], the start's and the end's."""

    @staticmethod
    def _head(graph):
        return convolve(graph.config, graph.last_hidden_state, 2, "qa_outputs")


@keras.saving.register_keras_serializable("tfsqueeze")
class TiedDecoder(keras.layers.Layer):
    """Scores every vocabulary entry by its product with the word embeddings, plus a bias.

    Input float [batch, length, hidden_size], output float [batch, length, vocab_size] (Press and
    Wolf 2017, arXiv 1608.05859).
    """

    def __init__(self, embeddings, **kwargs):
        super().__init__(**kwargs)
        # Behind a function, since Keras would count a layer's weights again in its attributes.
        self._table = lambda: embeddings.word_embeddings
        self.vocab_size = embeddings.vocab_size

    def build(self, input_shape):
        self.bias = self.add_weight("bias", (self.vocab_size,), initializer="zeros")
        super().build(input_shape)

    def call(self, inputs):
        return tf.nn.bias_add(tf.einsum("blh,vh->blv", inputs, self._table()), self.bias)


@keras.saving.register_keras_serializable("tfsqueeze")
class SqueezeBertForMaskedLM(SqueezeBertPreTrained):
    """Predicts masked tokens: logits float [batch, length, vocab_size], tied to the embeddings."""

    @staticmethod
    def _head(graph):
        config = graph.config
        x = convolve(config, graph.last_hidden_state, config.hidden_size, "transform",
                     activation=config.hidden_act)
        x = normalize(config, x, "transform_norm")
        return TiedDecoder(graph.embeddings, name="decoder")(x)


def _dropout(graph, x):
    return keras.layers.Dropout(graph.config.hidden_dropout_prob, name="classifier_dropout")(x)


def _pool(graph):
    first = FirstToken(name="first_token")(graph.last_hidden_state)
    return convolve(graph.config, first, graph.config.hidden_size, "pooler", activation="tanh")
