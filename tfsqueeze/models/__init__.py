"""SqueezeBERT encoders and task models, their presets, sizes and reductions; what all share."""

from __future__ import annotations

import importlib
from typing import Any

# Modules are imported on first use, so that presets and sizes can be had without TensorFlow.
_MODULES = {
    "accounting": ("count_macs", "count_parameters"),
    "encoder": ("MODEL_INPUTS",),
    "presets": ("PRESETS", "load_preset"),
    "pretrained": ("PreTrainedModel",),
    "reduction": ("reduce_layers",),
    "sharing": ("unshare_layers",),
    "tasks": ("SqueezeBertForIntentAndSlots", "SqueezeBertForMaskedLM",
              "SqueezeBertForQuestionAnswering", "SqueezeBertForSentenceEmbeddings",
              "SqueezeBertForSequenceClassification", "SqueezeBertForTokenClassification",
              "SqueezeBertModel"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
