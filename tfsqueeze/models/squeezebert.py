"""SqueezeBERT and its task models: the classes that users build, fit, save and load."""

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
    """The bare SqueezeBERT encoder; see `EncoderModel`."""

    config_class = SqueezeBertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class SqueezeBertForSequenceClassification(SequenceClassificationHead):
    """SqueezeBERT that classifies texts or pairs of texts; see `SequenceClassificationHead`."""

    config_class = SqueezeBertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class SqueezeBertForTokenClassification(TokenClassificationHead):
    """SqueezeBERT that labels each token; see `TokenClassificationHead`."""

    config_class = SqueezeBertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class SqueezeBertForIntentAndSlots(IntentAndSlotsHead):
    """SqueezeBERT that tells a command's intent and slots; see `IntentAndSlotsHead`."""

    config_class = SqueezeBertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class SqueezeBertForQuestionAnswering(QuestionAnsweringHead):
    """SqueezeBERT that finds an answer's span in a text; see `QuestionAnsweringHead`."""

    config_class = SqueezeBertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class SqueezeBertForMaskedLM(MaskedLMHead):
    """SqueezeBERT that predicts masked tokens; see `MaskedLMHead`."""

    config_class = SqueezeBertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class SqueezeBertForSentenceEmbeddings(SentenceEmbeddingsHead):
    """SqueezeBERT that gives texts of like meaning near vectors; see `SentenceEmbeddingsHead`."""

    config_class = SqueezeBertConfig
