"""SqueezeBERT: the bare encoder and its task models (Iandola et al. 2020, arXiv 2006.11316)."""

from __future__ import annotations

import tf_keras as keras

from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig
from tfsqueeze.models.heads import (
    EncoderModel,
    IntentAndSlotsHead,
    MaskedLMHead,
    QuestionAnsweringHead,
    SentenceEmbeddingsHead,
    SequenceClassificationHead,
    TokenClassificationHead,
)


@keras.saving.register_keras_serializable("tfsqueeze")
class SqueezeBertModel(EncoderModel):
    """The bare SqueezeBERT encoder; see `EncoderModel`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import SqueezeBertConfig, SqueezeBertModel
        >>> config = SqueezeBertConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1)
        >>> model = SqueezeBertModel(config, input_names=("input_ids",))
        >>> model(np.array([[2, 7, 3]]))["last_hidden_state"].shape
        TensorShape([1, 3, 8])
    """

    config_class = SqueezeBertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class SqueezeBertForSequenceClassification(SequenceClassificationHead):
    """SqueezeBERT with a classifier of texts or pairs of texts; see `SequenceClassificationHead`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import SqueezeBertConfig, SqueezeBertForSequenceClassification
        >>> config = SqueezeBertConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1)
        >>> model = SqueezeBertForSequenceClassification(config, input_names=("input_ids",))
        >>> model(np.array([[2, 7, 3]])).shape
        TensorShape([1, 2])
    """

    config_class = SqueezeBertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class SqueezeBertForTokenClassification(TokenClassificationHead):
    """SqueezeBERT with a classifier of tokens; see `TokenClassificationHead`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import SqueezeBertConfig, SqueezeBertForTokenClassification
        >>> config = SqueezeBertConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1)
        >>> model = SqueezeBertForTokenClassification(config, input_names=("input_ids",))
        >>> model(np.array([[2, 7, 3]])).shape
        TensorShape([1, 3, 2])
    """

    config_class = SqueezeBertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class SqueezeBertForIntentAndSlots(IntentAndSlotsHead):
    """SqueezeBERT with classifiers of intents and of slots; see `IntentAndSlotsHead`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import SqueezeBertConfig, SqueezeBertForIntentAndSlots
        >>> config = SqueezeBertConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1)
        >>> config = config.replace(slot_labels=("O", "B-city", "I-city"))
        >>> model = SqueezeBertForIntentAndSlots(config, input_names=("input_ids",))
        >>> outputs = model(np.array([[2, 7, 3]]))
        >>> sorted((name, tuple(y.shape)) for name, y in outputs.items())
        [('intent_logits', (1, 2)), ('slot_logits', (1, 3, 3))]
    """

    config_class = SqueezeBertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class SqueezeBertForQuestionAnswering(QuestionAnsweringHead):
    """SqueezeBERT that finds the span of an answer; see `QuestionAnsweringHead`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import SqueezeBertConfig, SqueezeBertForQuestionAnswering
        >>> config = SqueezeBertConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1)
        >>> model = SqueezeBertForQuestionAnswering(config, input_names=("input_ids",))
        >>> outputs = model(np.array([[2, 7, 3]]))
        >>> sorted((name, tuple(y.shape)) for name, y in outputs.items())
        [('end_logits', (1, 3)), ('start_logits', (1, 3))]
    """

    config_class = SqueezeBertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class SqueezeBertForMaskedLM(MaskedLMHead):
    """SqueezeBERT that predicts masked tokens; see `MaskedLMHead`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import SqueezeBertConfig, SqueezeBertForMaskedLM
        >>> config = SqueezeBertConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1)
        >>> model = SqueezeBertForMaskedLM(config, input_names=("input_ids",))
        >>> model(np.array([[2, 7, 3]])).shape
        TensorShape([1, 3, 30522])
    """

    config_class = SqueezeBertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class SqueezeBertForSentenceEmbeddings(SentenceEmbeddingsHead):
    """SqueezeBERT that embeds texts; see `SentenceEmbeddingsHead`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import SqueezeBertConfig, SqueezeBertForSentenceEmbeddings
        >>> config = SqueezeBertConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1)
        >>> model = SqueezeBertForSentenceEmbeddings(config, input_names=("input_ids",))
        >>> outputs = model(np.array([[2, 7, 3]]))
        >>> sorted((name, tuple(y.shape)) for name, y in outputs.items())
        [('embeddings', (1, 8))]
    """

    config_class = SqueezeBertConfig
