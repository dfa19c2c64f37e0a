"""MobileBERT: the bare encoder and its task models (Sun et al. 2020, arXiv 2004.02984)."""

from __future__ import annotations

from typing import Any

import tf_keras as keras

from tfsqueeze.configs.mobilebert_config import MobileBertConfig
from tfsqueeze.layers import FirstToken, LayerNorm, TiedDecoder
from tfsqueeze.models.encoder_graph import EncoderGraph, convolve
from tfsqueeze.models.heads import (
    EncoderModel,
    MaskedLMHead,
    QuestionAnsweringHead,
    SentenceEmbeddingsHead,
    SequenceClassificationHead,
    TokenClassificationHead,
    classify,
    masked_tokens,
    pool,
)


@keras.saving.register_keras_serializable("tfsqueeze")
class MobileBertModel(EncoderModel):
    """The bare MobileBERT encoder; see `EncoderModel`.

    Without `classifier_activation`, `pooler_output` is the first token's state.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import MobileBertConfig, MobileBertModel
        >>> config = MobileBertConfig(
        ...     embedding_size=4, hidden_size=8, intra_bottleneck_size=4, num_hidden_layers=1
        ... )
        >>> model = MobileBertModel(config, input_names=("input_ids",))
        >>> model(np.array([[2, 7, 3]]))["last_hidden_state"].shape
        TensorShape([1, 3, 8])
    """

    config_class = MobileBertConfig

    @staticmethod
    def _head(graph: EncoderGraph) -> Any:
        return {
            "last_hidden_state": graph.last_hidden_state,
            "pooler_output": _pool(graph),
            **{f"hidden_states_{i}": x for i, x in enumerate(graph.hidden_states)},
        }


@keras.saving.register_keras_serializable("tfsqueeze")
class MobileBertForSequenceClassification(SequenceClassificationHead):
    """MobileBERT with a classifier of texts or pairs of texts; see `SequenceClassificationHead`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import MobileBertConfig, MobileBertForSequenceClassification
        >>> config = MobileBertConfig(
        ...     embedding_size=4, hidden_size=8, intra_bottleneck_size=4, num_hidden_layers=1
        ... )
        >>> model = MobileBertForSequenceClassification(config, input_names=("input_ids",))
        >>> model(np.array([[2, 7, 3]])).shape
        TensorShape([1, 2])
    """

    config_class = MobileBertConfig

    @staticmethod
    def _head(graph: EncoderGraph) -> Any:
        return classify(graph, _pool(graph), graph.config.classifier_dropout_prob)


@keras.saving.register_keras_serializable("tfsqueeze")
class MobileBertForTokenClassification(TokenClassificationHead):
    """MobileBERT with a classifier of tokens; see `TokenClassificationHead`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import MobileBertConfig, MobileBertForTokenClassification
        >>> config = MobileBertConfig(
        ...     embedding_size=4, hidden_size=8, intra_bottleneck_size=4, num_hidden_layers=1
        ... )
        >>> model = MobileBertForTokenClassification(config, input_names=("input_ids",))
        >>> model(np.array([[2, 7, 3]])).shape
        TensorShape([1, 3, 2])
    """

    config_class = MobileBertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class MobileBertForQuestionAnswering(QuestionAnsweringHead):
    """MobileBERT that finds the span of an answer; see `QuestionAnsweringHead`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import MobileBertConfig, MobileBertForQuestionAnswering
        >>> config = MobileBertConfig(
        ...     embedding_size=4, hidden_size=8, intra_bottleneck_size=4, num_hidden_layers=1
        ... )
        >>> model = MobileBertForQuestionAnswering(config, input_names=("input_ids",))
        >>> outputs = model(np.array([[2, 7, 3]]))
        >>> sorted((name, tuple(y.shape)) for name, y in outputs.items())
        [('end_logits', (1, 3)), ('start_logits', (1, 3))]
    """

    config_class = MobileBertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class MobileBertForSentenceEmbeddings(SentenceEmbeddingsHead):
    """MobileBERT that embeds texts; see `SentenceEmbeddingsHead`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import MobileBertConfig, MobileBertForSentenceEmbeddings
        >>> config = MobileBertConfig(
        ...     embedding_size=4, hidden_size=8, intra_bottleneck_size=4, num_hidden_layers=1
        ... )
        >>> model = MobileBertForSentenceEmbeddings(config, input_names=("input_ids",))
        >>> outputs = model(np.array([[2, 7, 3]]))
        >>> sorted((name, tuple(y.shape)) for name, y in outputs.items())
        [('embeddings', (1, 8))]
    """

    config_class = MobileBertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class MobileBertForMaskedLM(MaskedLMHead):
    """MobileBERT that predicts masked tokens; see `MaskedLMHead`.

    The decoder has more channels than the embeddings that it is tied to: the others are its own.
    Before it stands layer normalization, whatever `normalization_type` is.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import MobileBertConfig, MobileBertForMaskedLM
        >>> sizes = dict(embedding_size=4, hidden_size=8, intra_bottleneck_size=4)
        >>> config = MobileBertConfig(num_hidden_layers=1, **sizes)
        >>> model = MobileBertForMaskedLM(config, input_names=("input_ids",))
        >>> model(np.array([[2, 7, 3]])).shape
        TensorShape([1, 3, 30522])
    """

    config_class = MobileBertConfig

    @staticmethod
    def _head(graph: EncoderGraph) -> Any:
        config = graph.config
        x = convolve(
            graph,
            masked_tokens(graph),
            config.hidden_size,
            "transform",
            activation=config.hidden_act,
        )
        x = graph.layer(LayerNorm, "transform_norm", config.layer_norm_eps)(x)
        own_channels = config.hidden_size - config.embedding_size
        return TiedDecoder(
            own_channels=own_channels,
            initializer_range=config.initializer_range,
            name="decoder",
        )([x, graph.word_table])


def _pool(graph: EncoderGraph) -> Any:
    config: Any = graph.config
    if config.classifier_activation:
        return pool(graph)
    return FirstToken(name="first_token")(graph.last_hidden_state)
