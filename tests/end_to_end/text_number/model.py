"""The model of the task: one dense layer on the pooled first token."""

from __future__ import annotations

import tf_keras as keras

from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig
from tfsqueeze.models.heads import classify, pool
from tfsqueeze.models.pretrained import PreTrainedModel


@keras.saving.register_keras_serializable("tfsqueeze")
class SqueezeBertForTextNumber(PreTrainedModel):
    config_class = SqueezeBertConfig

    @staticmethod
    def _head(graph):
        dropout = graph.config.classifier_dropout_prob
        return {"number": classify(graph, pool(graph), dropout, "number", 1)}
