"""SqueezeBERT and its task models: the classes that users build, fit, save and load."""

from __future__ import annotations

import tf_keras as keras

from tfsqueeze.config import SqueezeBertConfig
from tfsqueeze.models.heads import (
    EncoderModel,
    IntentAndSlotClassifier,
    MaskedLanguageModel,
    QuestionAnswerer,
    SentenceEmbedder,
    SequenceClassifier,
    TokenClassifier,
)


@keras.saving.register_keras_serializable("tfsqueeze")
class SqueezeBertModel(EncoderModel):
    """The bare SqueezeBERT encoder; see `EncoderModel`."""

    config_class = SqueezeBertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class SqueezeBertForSequenceClassification(SequenceClassifier):
    """SqueezeBERT that classifies texts or pairs of texts; see `SequenceClassifier`."""

    config_class = SqueezeBertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class SqueezeBertForTokenClassification(TokenClassifier):
    """SqueezeBERT that labels each token; see `TokenClassifier`."""

    config_class = SqueezeBertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class SqueezeBertForIntentAndSlots(IntentAndSlotClassifier):
    """SqueezeBERT that tells a command's intent and slots; see `IntentAndSlotClassifier`."""

    config_class = SqueezeBertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class SqueezeBertForQuestionAnswering(QuestionAnswerer):
    """SqueezeBERT that finds an answer's span in a text; see `QuestionAnswerer`."""

    config_class = SqueezeBertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class SqueezeBertForMaskedLM(MaskedLanguageModel):
    """SqueezeBERT that predicts masked tokens; see `MaskedLanguageModel`."""

    config_class = SqueezeBertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class SqueezeBertForSentenceEmbeddings(SentenceEmbedder):
    """SqueezeBERT that gives texts of like meaning near vectors; see `SentenceEmbedder`."""

    config_class = SqueezeBertConfig
