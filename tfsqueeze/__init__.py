"""SqueezeBERT for phones, Edge TPUs and microcontrollers.

Names are imported on first use, so that `import tfsqueeze` does not load TensorFlow.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "AlbertConfig": "tfsqueeze.configs.albert_config",
    "AlbertForMaskedLM": "tfsqueeze.models.albert",
    "AlbertForQuestionAnswering": "tfsqueeze.models.albert",
    "AlbertForSequenceClassification": "tfsqueeze.models.albert",
    "AlbertForTokenClassification": "tfsqueeze.models.albert",
    "AlbertModel": "tfsqueeze.models.albert",
    "BertConfig": "tfsqueeze.configs.bert_config",
    "BertForMaskedLM": "tfsqueeze.models.bert",
    "BertForQuestionAnswering": "tfsqueeze.models.bert",
    "BertForSequenceClassification": "tfsqueeze.models.bert",
    "BertForTokenClassification": "tfsqueeze.models.bert",
    "BertModel": "tfsqueeze.models.bert",
    "DistilBertConfig": "tfsqueeze.configs.distilbert_config",
    "DistilBertForMaskedLM": "tfsqueeze.models.distilbert",
    "DistilBertForQuestionAnswering": "tfsqueeze.models.distilbert",
    "DistilBertForSequenceClassification": "tfsqueeze.models.distilbert",
    "DistilBertForTokenClassification": "tfsqueeze.models.distilbert",
    "DistilBertModel": "tfsqueeze.models.distilbert",
    "PRESETS": "tfsqueeze.configs.presets",
    "SentenceEncoder": "tfsqueeze.models.sentence_encoder",
    "SqueezeBertConfig": "tfsqueeze.configs.squeezebert_config",
    "SqueezeBertForIntentAndSlots": "tfsqueeze.models.squeezebert",
    "SqueezeBertForMaskedLM": "tfsqueeze.models.squeezebert",
    "SqueezeBertForQuestionAnswering": "tfsqueeze.models.squeezebert",
    "SqueezeBertForSentenceEmbeddings": "tfsqueeze.models.squeezebert",
    "SqueezeBertForSequenceClassification": "tfsqueeze.models.squeezebert",
    "SqueezeBertForTokenClassification": "tfsqueeze.models.squeezebert",
    "SqueezeBertModel": "tfsqueeze.models.squeezebert",
    "TrainingOptions": "tfsqueeze.training.training_options",
    "UserError": "tfsqueeze.utils.errors",
    "WordPieceTokenizer": "tfsqueeze.tokenizers.wordpiece",
    "load_dataset": "tfsqueeze.data.sources.named_datasets",
    "load_minilm": "tfsqueeze.models.sentence_encoder",
    "load_preset": "tfsqueeze.configs.presets",
    "load_quantized": "tfsqueeze.quantization",
    "load_run": "tfsqueeze.training.trained_run",
    "quantize_aware": "tfsqueeze.quantization",
    "reduce_layers": "tfsqueeze.models.reduction",
    "train_classifier": "tfsqueeze.training.train_task",
    "train_task": "tfsqueeze.training.train_task",
    "train_vocabulary": "tfsqueeze.tokenizers.vocabulary",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
