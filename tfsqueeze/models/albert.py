"""ALBERT and its task models (Lan et al. 2020, arXiv 1909.11942)."""

from __future__ import annotations

import tf_keras as keras

from tfsqueeze.configs.albert_config import AlbertConfig
from tfsqueeze.models.heads import (
    EncoderModel,
    MaskedLMHead,
    QuestionAnsweringHead,
    SequenceClassificationHead,
    TokenClassificationHead,
)


@keras.saving.register_keras_serializable("tfsqueeze")
class AlbertModel(EncoderModel):
    """The bare ALBERT encoder; see `EncoderModel`."""

    config_class = AlbertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class AlbertForSequenceClassification(SequenceClassificationHead):
    """ALBERT that classifies texts or pairs of texts; see `SequenceClassificationHead`."""

    config_class = AlbertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class AlbertForTokenClassification(TokenClassificationHead):
    """ALBERT that labels each token; see `TokenClassificationHead`."""

    config_class = AlbertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class AlbertForQuestionAnswering(QuestionAnsweringHead):
    """ALBERT that finds an answer's span in a text; see `QuestionAnsweringHead`."""

    config_class = AlbertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class AlbertForMaskedLM(MaskedLMHead):
    """ALBERT that predicts masked tokens; see `MaskedLMHead`."""

    config_class = AlbertConfig
