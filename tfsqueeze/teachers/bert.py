"""BERT and its task models (Devlin et al. 2019, arXiv 1810.04805)."""

from __future__ import annotations

import tf_keras as keras

from tfsqueeze.models.heads import (
    EncoderModel,
    IntentAndSlotClassifier,
    MaskedLanguageModel,
    QuestionAnswerer,
    SequenceClassifier,
    TokenClassifier,
)
from tfsqueeze.teachers.configs import BertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class BertModel(EncoderModel):
    """The bare BERT encoder; see `EncoderModel`."""

    config_class = BertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class BertForSequenceClassification(SequenceClassifier):
    """BERT that classifies texts or pairs of texts; see `SequenceClassifier`."""

    config_class = BertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class BertForTokenClassification(TokenClassifier):
    """BERT that labels each token; see `TokenClassifier`."""

    config_class = BertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class BertForIntentAndSlots(IntentAndSlotClassifier):
    """BERT that classifies texts and labels their tokens; see `IntentAndSlotClassifier`."""

    config_class = BertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class BertForQuestionAnswering(QuestionAnswerer):
    """BERT that finds an answer's span in a text; see `QuestionAnswerer`."""

    config_class = BertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class BertForMaskedLM(MaskedLanguageModel):
    """BERT that predicts masked tokens; see `MaskedLanguageModel`."""

    config_class = BertConfig
