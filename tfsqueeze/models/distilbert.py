"""DistilBERT and its task models (Sanh et al. 2019, arXiv 1910.01108)."""

from __future__ import annotations

import tf_keras as keras

from tfsqueeze.configs.distilbert_config import DistilBertConfig
from tfsqueeze.layers import FirstToken
from tfsqueeze.models.encoder import convolve, drop
from tfsqueeze.models.heads import (
    EncoderModel,
    MaskedLMHead,
    QuestionAnsweringHead,
    SequenceClassificationHead,
    TokenClassificationHead,
    answer_ends,
    classify,
)


@keras.saving.register_keras_serializable("tfsqueeze")
class DistilBertModel(EncoderModel):
    """The bare DistilBERT encoder; see `EncoderModel`. It has no `pooler_output`."""

    config_class = DistilBertConfig

    @staticmethod
    def _head(graph):
        return {
            "last_hidden_state": graph.last_hidden_state,
            **{f"hidden_states_{i}": x for i, x in enumerate(graph.hidden_states)},
        }


@keras.saving.register_keras_serializable("tfsqueeze")
class DistilBertForSequenceClassification(SequenceClassificationHead):
    """DistilBERT that classifies texts or pairs of texts; see `SequenceClassificationHead`.

    Its head reads the first token through a dense layer and ReLU.
    """

    config_class = DistilBertConfig

    @staticmethod
    def _head(graph):
        first = FirstToken(name="first_token")(graph.last_hidden_state)
        x = convolve(graph, first, graph.config.hidden_size, "pre_classifier", activation="relu")
        return classify(graph, x, graph.config.classifier_dropout_prob)


@keras.saving.register_keras_serializable("tfsqueeze")
class DistilBertForTokenClassification(TokenClassificationHead):
    """DistilBERT that labels each token; see `TokenClassificationHead`."""

    config_class = DistilBertConfig


@keras.saving.register_keras_serializable("tfsqueeze")
class DistilBertForQuestionAnswering(QuestionAnsweringHead):
    """DistilBERT that finds an answer's span in a text; see `QuestionAnsweringHead`."""

    config_class = DistilBertConfig

    @staticmethod
    def _head(graph):
        x = drop(graph, graph.last_hidden_state, graph.config.qa_dropout, "qa_dropout")
        return answer_ends(graph, x)


@keras.saving.register_keras_serializable("tfsqueeze")
class DistilBertForMaskedLM(MaskedLMHead):
    """DistilBERT that predicts masked tokens; see `MaskedLMHead`."""

    config_class = DistilBertConfig
