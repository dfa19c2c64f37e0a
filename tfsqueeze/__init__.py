"""SqueezeBERT for phones, Edge TPUs and microcontrollers.

Names are imported on first use, so that `import tfsqueeze` does not load TensorFlow.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_TEACHERS = {f"{name}{suffix}": "tfsqueeze.teachers"
             for name in ("Albert", "Bert", "DistilBert")
             for suffix in ("Config", "ForMaskedLM", "ForQuestionAnswering",
                            "ForSequenceClassification", "ForTokenClassification", "Model")}
_HOMES = {
    **_TEACHERS,
    "SentenceEncoder": "tfsqueeze.teachers",
    "load_minilm": "tfsqueeze.teachers",
    "SqueezeBertConfig": "tfsqueeze.config",
    "UserError": "tfsqueeze.errors",
    "PRESETS": "tfsqueeze.models",
    "SqueezeBertForIntentAndSlots": "tfsqueeze.models",
    "SqueezeBertForMaskedLM": "tfsqueeze.models",
    "SqueezeBertForQuestionAnswering": "tfsqueeze.models",
    "SqueezeBertForSentenceEmbeddings": "tfsqueeze.models",
    "SqueezeBertForSequenceClassification": "tfsqueeze.models",
    "SqueezeBertForTokenClassification": "tfsqueeze.models",
    "SqueezeBertModel": "tfsqueeze.models",
    "load_preset": "tfsqueeze.models",
    "reduce_layers": "tfsqueeze.models",
    "WordPieceTokenizer": "tfsqueeze.text.tokenizer",
    "train_vocabulary": "tfsqueeze.text.vocabulary",
    "load_dataset": "tfsqueeze.data.datasets",
    "TrainingOptions": "tfsqueeze.training.options",
    "train_classifier": "tfsqueeze.training.run",
    "train_task": "tfsqueeze.training.run",
    "load_run": "tfsqueeze.training.run",
    "quantize_aware": "tfsqueeze.quantization",
    "load_quantized": "tfsqueeze.quantization",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
