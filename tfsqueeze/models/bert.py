"""BERT and its task models (Devlin et al. 2019, arXiv 1810.04805)."""

from __future__ import annotations

import tf_keras as keras

from tfsqueeze.configs.bert_config import BertConfig
from tfsqueeze.models.heads import (
    EncoderModel,
    IntentAndSlotsHead,
    MaskedLMHead,
    QuestionAnsweringHead,
    SequenceClassificationHead,
    TokenClassificationHead,
)


@keras.saving.register_keras_serializable("tfsqueeze")
class BertModel(EncoderModel):
    """The bare BERT encoder; see `EncoderModel`."""

    config_class = BertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class BertForSequenceClassification(SequenceClassificationHead):
    """BERT that classifies texts or pairs of texts; see `SequenceClassificationHead`."""

    config_class = BertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class BertForTokenClassification(TokenClassificationHead):
    """BERT that labels each token; see `TokenClassificationHead`."""

    config_class = BertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class BertForIntentAndSlots(IntentAndSlotsHead):
    """BERT that classifies texts and labels their tokens; see `IntentAndSlotsHead`."""

    config_class = BertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class BertForQuestionAnswering(QuestionAnsweringHead):
    """BERT that finds an answer's span in a text; see `QuestionAnsweringHead`."""

    config_class = BertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class BertForMaskedLM(MaskedLMHead):
    """BERT that predicts masked tokens; see `MaskedLMHead`."""

    config_class = BertConfig
