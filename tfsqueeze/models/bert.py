"""BERT: the bare encoder and its task models (Devlin et al. 2019, arXiv 1810.04805)."""

from __future__ import annotations

import tf_keras as keras

from tfsqueeze.configs.bert_config import BertConfig
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
class BertModel(EncoderModel):
    """The bare BERT encoder; see `EncoderModel`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import BertConfig, BertModel
        >>> config = BertConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1)
        >>> model = BertModel(config, input_names=("input_ids",))
        >>> model(np.array([[2, 7, 3]]))["last_hidden_state"].shape
        TensorShape([1, 3, 8])
    """

    config_class = BertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class BertForSequenceClassification(SequenceClassificationHead):
    """BERT with a classifier of texts or pairs of texts; see `SequenceClassificationHead`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import BertConfig, BertForSequenceClassification
        >>> config = BertConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1)
        >>> model = BertForSequenceClassification(config, input_names=("input_ids",))
        >>> model(np.array([[2, 7, 3]])).shape
        TensorShape([1, 2])
    """

    config_class = BertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class BertForTokenClassification(TokenClassificationHead):
    """BERT with a classifier of tokens; see `TokenClassificationHead`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import BertConfig, BertForTokenClassification
        >>> config = BertConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1)
        >>> model = BertForTokenClassification(config, input_names=("input_ids",))
        >>> model(np.array([[2, 7, 3]])).shape
        TensorShape([1, 3, 2])
    """

    config_class = BertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class BertForIntentAndSlots(IntentAndSlotsHead):
    """BERT with classifiers of intents and of slots; see `IntentAndSlotsHead`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import BertConfig
        >>> from tfsqueeze.models.bert import BertForIntentAndSlots
        >>> config = BertConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1)
        >>> config = config.replace(slot_labels=("O", "B-city", "I-city"))
        >>> model = BertForIntentAndSlots(config, input_names=("input_ids",))
        >>> outputs = model(np.array([[2, 7, 3]]))
        >>> sorted((name, tuple(y.shape)) for name, y in outputs.items())
        [('intent_logits', (1, 2)), ('slot_logits', (1, 3, 3))]
    """

    config_class = BertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class BertForQuestionAnswering(QuestionAnsweringHead):
    """BERT that finds the span of an answer; see `QuestionAnsweringHead`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import BertConfig, BertForQuestionAnswering
        >>> config = BertConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1)
        >>> model = BertForQuestionAnswering(config, input_names=("input_ids",))
        >>> outputs = model(np.array([[2, 7, 3]]))
        >>> sorted((name, tuple(y.shape)) for name, y in outputs.items())
        [('end_logits', (1, 3)), ('start_logits', (1, 3))]
    """

    config_class = BertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class BertForSentenceEmbeddings(SentenceEmbeddingsHead):
    """BERT that embeds texts; see `SentenceEmbeddingsHead`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import BertConfig, BertForSentenceEmbeddings
        >>> config = BertConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1)
        >>> model = BertForSentenceEmbeddings(config, input_names=("input_ids",))
        >>> outputs = model(np.array([[2, 7, 3]]))
        >>> sorted((name, tuple(y.shape)) for name, y in outputs.items())
        [('embeddings', (1, 8))]
    """

    config_class = BertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class BertForMaskedLM(MaskedLMHead):
    """BERT that predicts masked tokens; see `MaskedLMHead`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import BertConfig, BertForMaskedLM
        >>> config = BertConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1)
        >>> model = BertForMaskedLM(config, input_names=("input_ids",))
        >>> model(np.array([[2, 7, 3]])).shape
        TensorShape([1, 3, 30522])
    """

    config_class = BertConfig
