"""The classes of sequence classifiers by the `model_type` of their config."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

from tfsqueeze.encoder_config import EncoderConfig
from tfsqueeze.errors import UserError
from tfsqueeze.models.pretrained import PreTrainedModel

_CLASSIFIERS = {
    "squeezebert": ("tfsqueeze.models.tasks", "SqueezeBertForSequenceClassification"),
    "bert": ("tfsqueeze.teachers.bert", "BertForSequenceClassification"),
    "distilbert": ("tfsqueeze.teachers.distilbert", "DistilBertForSequenceClassification"),
    "albert": ("tfsqueeze.teachers.albert", "AlbertForSequenceClassification"),
}
MODEL_TYPES = tuple(_CLASSIFIERS)


def classifier_class(model_type: str) -> type[PreTrainedModel]:
    """Returns the class of text classifiers of an architecture.

    Raises UserError for another name than those of `MODEL_TYPES`.
    """
    if model_type not in _CLASSIFIERS:
        raise UserError(f"model_type {model_type!r} is not one of {', '.join(MODEL_TYPES)}")
    module, name = _CLASSIFIERS[model_type]
    return getattr(importlib.import_module(module), name)


def read_config(path: Path) -> EncoderConfig:
    """Reads a config.json of any of the architectures; without `model_type` it is SqueezeBERT's.

    Raises UserError where it cannot be read.
    """
    try:
        model_type = json.loads(path.read_text("utf-8")).get("model_type", "squeezebert")
    except (OSError, ValueError, AttributeError):
        model_type = "squeezebert"  # whose reader says what is wrong
    return classifier_class(model_type).config_class.from_json(path)
