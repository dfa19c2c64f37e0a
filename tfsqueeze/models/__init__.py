"""SqueezeBERT encoders and task models."""

from tfsqueeze.models.encoder import MODEL_INPUTS
from tfsqueeze.models.tasks import (
    SqueezeBertForMaskedLM,
    SqueezeBertForQuestionAnswering,
    SqueezeBertForSequenceClassification,
    SqueezeBertForTokenClassification,
    SqueezeBertModel,
)

__all__ = ["MODEL_INPUTS", "SqueezeBertForMaskedLM", "SqueezeBertForQuestionAnswering",
           "SqueezeBertForSequenceClassification", "SqueezeBertForTokenClassification",
           "SqueezeBertModel"]
