"""DistilBERT: the bare encoder and its task models (Sanh et al. 2019, arXiv 1910.01108)."""

from __future__ import annotations

from typing import Any

import tf_keras as keras

from tfsqueeze.configs.distilbert_config import DistilBertConfig
from tfsqueeze.layers import FirstToken
from tfsqueeze.models.encoder_graph import EncoderGraph, convolve, drop
from tfsqueeze.models.heads import (
    EncoderModel,
    MaskedLMHead,
    QuestionAnsweringHead,
    SentenceEmbeddingsHead,
    SequenceClassificationHead,
    TokenClassificationHead,
    classify,
    span_logits,
)


@keras.saving.register_keras_serializable("tfsqueeze")
class DistilBertModel(EncoderModel):
    """The bare DistilBERT encoder; see `EncoderModel`.

    It has no `pooler_output`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import DistilBertConfig, DistilBertModel
        >>> config = DistilBertConfig(dim=8, n_heads=2, n_layers=1)
        >>> model = DistilBertModel(config, input_names=("input_ids",))
        >>> model(np.array([[2, 7, 3]]))["last_hidden_state"].shape
        TensorShape([1, 3, 8])
    """

    config_class = DistilBertConfig

    @staticmethod
    def _head(graph: EncoderGraph) -> Any:
        return {
            "last_hidden_state": graph.last_hidden_state,
            **{f"hidden_states_{i}": x for i, x in enumerate(graph.hidden_states)},
        }


@keras.saving.register_keras_serializable("tfsqueeze")
class DistilBertForSequenceClassification(SequenceClassificationHead):
    """DistilBERT with a classifier of texts or pairs of texts; see `SequenceClassificationHead`.

    Its head reads the first token through a dense layer and ReLU.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import DistilBertConfig, DistilBertForSequenceClassification
        >>> config = DistilBertConfig(dim=8, n_heads=2, n_layers=1)
        >>> model = DistilBertForSequenceClassification(config, input_names=("input_ids",))
        >>> model(np.array([[2, 7, 3]])).shape
        TensorShape([1, 2])
    """

    config_class = DistilBertConfig

    @staticmethod
    def _head(graph: EncoderGraph) -> Any:
        first = FirstToken(name="first_token")(graph.last_hidden_state)
        x = convolve(graph, first, graph.config.hidden_size, "pre_classifier", activation="relu")
        return classify(graph, x, graph.config.classifier_dropout_prob)


@keras.saving.register_keras_serializable("tfsqueeze")
class DistilBertForTokenClassification(TokenClassificationHead):
    """DistilBERT with a classifier of tokens; see `TokenClassificationHead`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import DistilBertConfig, DistilBertForTokenClassification
        >>> config = DistilBertConfig(dim=8, n_heads=2, n_layers=1)
        >>> model = DistilBertForTokenClassification(config, input_names=("input_ids",))
        >>> model(np.array([[2, 7, 3]])).shape
        TensorShape([1, 3, 2])
    """

    config_class = DistilBertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class DistilBertForQuestionAnswering(QuestionAnsweringHead):
    """DistilBERT that finds the span of an answer; see `QuestionAnsweringHead`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import DistilBertConfig, DistilBertForQuestionAnswering
        >>> config = DistilBertConfig(dim=8, n_heads=2, n_layers=1)
        >>> model = DistilBertForQuestionAnswering(config, input_names=("input_ids",))
        >>> outputs = model(np.array([[2, 7, 3]]))
        >>> sorted((name, tuple(y.shape)) for name, y in outputs.items())
        [('end_logits', (1, 3)), ('start_logits', (1, 3))]
    """

    config_class = DistilBertConfig

    @staticmethod
    def _head(graph: EncoderGraph) -> Any:
        config: Any = graph.config
        x = drop(graph, graph.last_hidden_state, config.qa_dropout, "qa_dropout")
        return span_logits(graph, x)


@keras.saving.register_keras_serializable("tfsqueeze")
class DistilBertForSentenceEmbeddings(SentenceEmbeddingsHead):
    """DistilBERT that embeds texts; see `SentenceEmbeddingsHead`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import DistilBertConfig, DistilBertForSentenceEmbeddings
        >>> config = DistilBertConfig(dim=8, n_heads=2, n_layers=1)
        >>> model = DistilBertForSentenceEmbeddings(config, input_names=("input_ids",))
        >>> outputs = model(np.array([[2, 7, 3]]))
        >>> sorted((name, tuple(y.shape)) for name, y in outputs.items())
        [('embeddings', (1, 8))]
    """

    config_class = DistilBertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class DistilBertForMaskedLM(MaskedLMHead):
    """DistilBERT that predicts masked tokens; see `MaskedLMHead`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import DistilBertConfig, DistilBertForMaskedLM
        >>> config = DistilBertConfig(dim=8, n_heads=2, n_layers=1)
        >>> model = DistilBertForMaskedLM(config, input_names=("input_ids",))
        >>> model(np.array([[2, 7, 3]])).shape
        TensorShape([1, 3, 30522])
    """

    config_class = DistilBertConfig
