"""ELECTRA: the bare encoder and its task models (Clark et al. 2020, arXiv 2003.10555)."""

from __future__ import annotations

from typing import Any

import tf_keras as keras

from tfsqueeze.configs.electra_config import ElectraConfig
from tfsqueeze.layers import FirstToken, TiedDecoder
from tfsqueeze.models.encoder_graph import EncoderGraph, convolve, drop, normalize
from tfsqueeze.models.heads import (
    EncoderModel,
    MaskedLMHead,
    QuestionAnsweringHead,
    SentenceEmbeddingsHead,
    SequenceClassificationHead,
    TokenClassificationHead,
    classify,
    masked_tokens,
)


@keras.saving.register_keras_serializable("tfsqueeze")
class ElectraModel(EncoderModel):
    """The bare ELECTRA encoder, the discriminator or the generator; see `EncoderModel`.

    It has no `pooler_output`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import ElectraConfig, ElectraModel
        >>> config = ElectraConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1)
        >>> model = ElectraModel(config, input_names=("input_ids",))
        >>> model(np.array([[2, 7, 3]]))["last_hidden_state"].shape
        TensorShape([1, 3, 8])
    """

    config_class = ElectraConfig

    @staticmethod
    def _head(graph: EncoderGraph) -> Any:
        return {
            "last_hidden_state": graph.last_hidden_state,
            **{f"hidden_states_{i}": x for i, x in enumerate(graph.hidden_states)},
        }


@keras.saving.register_keras_serializable("tfsqueeze")
class ElectraForSequenceClassification(SequenceClassificationHead):
    """ELECTRA with a classifier of texts or pairs of texts; see `SequenceClassificationHead`.

    Its head reads the first token through a dense layer and GELU.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import ElectraConfig, ElectraForSequenceClassification
        >>> config = ElectraConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1)
        >>> model = ElectraForSequenceClassification(config, input_names=("input_ids",))
        >>> model(np.array([[2, 7, 3]])).shape
        TensorShape([1, 2])
    """

    config_class = ElectraConfig

    @staticmethod
    def _head(graph: EncoderGraph) -> Any:
        rate = graph.config.classifier_dropout_prob
        first = FirstToken(name="first_token")(graph.last_hidden_state)
        x = drop(graph, first, rate, "classifier_dense_dropout")
        x = convolve(graph, x, graph.config.hidden_size, "classifier_dense", activation="gelu")
        return classify(graph, x, rate, "classifier_out_proj")


@keras.saving.register_keras_serializable("tfsqueeze")
class ElectraForTokenClassification(TokenClassificationHead):
    """ELECTRA with a classifier of tokens; see `TokenClassificationHead`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import ElectraConfig, ElectraForTokenClassification
        >>> config = ElectraConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1)
        >>> model = ElectraForTokenClassification(config, input_names=("input_ids",))
        >>> model(np.array([[2, 7, 3]])).shape
        TensorShape([1, 3, 2])
    """

    config_class = ElectraConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class ElectraForQuestionAnswering(QuestionAnsweringHead):
    """ELECTRA that finds the span of an answer; see `QuestionAnsweringHead`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import ElectraConfig, ElectraForQuestionAnswering
        >>> config = ElectraConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1)
        >>> model = ElectraForQuestionAnswering(config, input_names=("input_ids",))
        >>> outputs = model(np.array([[2, 7, 3]]))
        >>> sorted((name, tuple(y.shape)) for name, y in outputs.items())
        [('end_logits', (1, 3)), ('start_logits', (1, 3))]
    """

    config_class = ElectraConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class ElectraForSentenceEmbeddings(SentenceEmbeddingsHead):
    """ELECTRA that embeds texts; see `SentenceEmbeddingsHead`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import ElectraConfig, ElectraForSentenceEmbeddings
        >>> config = ElectraConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1)
        >>> model = ElectraForSentenceEmbeddings(config, input_names=("input_ids",))
        >>> outputs = model(np.array([[2, 7, 3]]))
        >>> sorted((name, tuple(y.shape)) for name, y in outputs.items())
        [('embeddings', (1, 8))]
    """

    config_class = ElectraConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class ElectraForMaskedLM(MaskedLMHead):
    """ELECTRA's generator, which predicts masked tokens; see `MaskedLMHead`.

    Its head has GELU, whatever `hidden_act` is.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import ElectraConfig, ElectraForMaskedLM
        >>> config = ElectraConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1)
        >>> model = ElectraForMaskedLM(config, input_names=("input_ids",))
        >>> model(np.array([[2, 7, 3]])).shape
        TensorShape([1, 3, 30522])
    """

    config_class = ElectraConfig

    @staticmethod
    def _head(graph: EncoderGraph) -> Any:
        x = masked_tokens(graph)
        x = convolve(graph, x, graph.config.embedding_size, "transform", activation="gelu")
        x = normalize(graph, x, "transform_norm")
        return TiedDecoder(name="decoder")([x, graph.word_table])
