"""Teachers and baselines: BERT, DistilBERT and ALBERT, and sentence embeddings by MiniLM."""

from __future__ import annotations

import importlib
from typing import Any

# Modules are imported on first use, so that configs can be had without TensorFlow.
_TASKS = ("Model", "ForMaskedLM", "ForQuestionAnswering", "ForSequenceClassification",
          "ForTokenClassification")
_MODULES = {
    "configs": ("AlbertConfig", "BertConfig", "DistilBertConfig"),
    "albert": tuple(f"Albert{task}" for task in _TASKS),
    "bert": tuple(f"Bert{task}" for task in (*_TASKS, "ForIntentAndSlots")),
    "distilbert": tuple(f"DistilBert{task}" for task in _TASKS),
    "minilm": ("load_minilm", "minilm_folder"),
    "sentences": ("SentenceEncoder", "mean_pool"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
