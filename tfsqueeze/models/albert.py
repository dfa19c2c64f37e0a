"""ALBERT: the bare encoder and its task models (Lan et al. 2020, arXiv 1909.11942)."""

from __future__ import annotations

import tf_keras as keras

from tfsqueeze.configs.albert_config import AlbertConfig
from tfsqueeze.models.heads import (
    EncoderModel,
    MaskedLMHead,
    QuestionAnsweringHead,
    SentenceEmbeddingsHead,
    SequenceClassificationHead,
    TokenClassificationHead,
)


@keras.saving.register_keras_serializable("tfsqueeze")
class AlbertModel(EncoderModel):
    """The bare ALBERT encoder; see `EncoderModel`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import AlbertConfig, AlbertModel
        >>> config = AlbertConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1)
        >>> model = AlbertModel(config, input_names=("input_ids",))
        >>> model(np.array([[2, 7, 3]]))["last_hidden_state"].shape
        TensorShape([1, 3, 8])
    """

    config_class = AlbertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class AlbertForSequenceClassification(SequenceClassificationHead):
    """ALBERT with a classifier of texts or pairs of texts; see `SequenceClassificationHead`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import AlbertConfig, AlbertForSequenceClassification
        >>> config = AlbertConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1)
        >>> model = AlbertForSequenceClassification(config, input_names=("input_ids",))
        >>> model(np.array([[2, 7, 3]])).shape
        TensorShape([1, 2])
    """

    config_class = AlbertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class AlbertForTokenClassification(TokenClassificationHead):
    """ALBERT with a classifier of tokens; see `TokenClassificationHead`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import AlbertConfig, AlbertForTokenClassification
        >>> config = AlbertConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1)
        >>> model = AlbertForTokenClassification(config, input_names=("input_ids",))
        >>> model(np.array([[2, 7, 3]])).shape
        TensorShape([1, 3, 2])
    """

    config_class = AlbertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class AlbertForQuestionAnswering(QuestionAnsweringHead):
    """ALBERT that finds the span of an answer; see `QuestionAnsweringHead`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import AlbertConfig, AlbertForQuestionAnswering
        >>> config = AlbertConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1)
        >>> model = AlbertForQuestionAnswering(config, input_names=("input_ids",))
        >>> outputs = model(np.array([[2, 7, 3]]))
        >>> sorted((name, tuple(y.shape)) for name, y in outputs.items())
        [('end_logits', (1, 3)), ('start_logits', (1, 3))]
    """

    config_class = AlbertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class AlbertForSentenceEmbeddings(SentenceEmbeddingsHead):
    """ALBERT that embeds texts; see `SentenceEmbeddingsHead`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import AlbertConfig, AlbertForSentenceEmbeddings
        >>> config = AlbertConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1)
        >>> model = AlbertForSentenceEmbeddings(config, input_names=("input_ids",))
        >>> outputs = model(np.array([[2, 7, 3]]))
        >>> sorted((name, tuple(y.shape)) for name, y in outputs.items())
        [('embeddings', (1, 8))]
    """

    config_class = AlbertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class AlbertForMaskedLM(MaskedLMHead):
    """ALBERT that predicts masked tokens; see `MaskedLMHead`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import AlbertConfig, AlbertForMaskedLM
        >>> config = AlbertConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1)
        >>> model = AlbertForMaskedLM(config, input_names=("input_ids",))
        >>> model(np.array([[2, 7, 3]])).shape
        TensorShape([1, 3, 30000])
    """

    config_class = AlbertConfig
