"""ALBERT and its task models (Lan et al. 2020, arXiv 1909.11942)."""

from __future__ import annotations

import tf_keras as keras

from tfsqueeze.models.heads import (
    EncoderModel,
    MaskedLanguageModel,
    QuestionAnswerer,
    SequenceClassifier,
    TokenClassifier,
)
from tfsqueeze.teachers.configs import AlbertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class AlbertModel(EncoderModel):
    """The bare ALBERT encoder; see `EncoderModel`."""

    config_class = AlbertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class AlbertForSequenceClassification(SequenceClassifier):
    """ALBERT that classifies texts or pairs of texts; see `SequenceClassifier`."""

    config_class = AlbertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class AlbertForTokenClassification(TokenClassifier):
    """ALBERT that labels each token; see `TokenClassifier`."""

    config_class = AlbertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class AlbertForQuestionAnswering(QuestionAnswerer):
    """ALBERT that finds an answer's span in a text; see `QuestionAnswerer`."""

    config_class = AlbertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class AlbertForMaskedLM(MaskedLanguageModel):
    """ALBERT that predicts masked tokens; see `MaskedLanguageModel`."""

    config_class = AlbertConfig
