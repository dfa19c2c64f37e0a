"""The classes of task models by the `model_type` of their config."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

from tfsqueeze.configs.encoder_config import EncoderConfig
from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.utils.errors import UserError

# What the names of the classes begin with.
_CLASSIFIERS = {
    "squeezebert": ("tfsqueeze.models.squeezebert", "SqueezeBert"),
    "bert": ("tfsqueeze.models.bert", "Bert"),
    "distilbert": ("tfsqueeze.models.distilbert", "DistilBert"),
    "albert": ("tfsqueeze.models.albert", "Albert"),
}
MODEL_TYPES = tuple(_CLASSIFIERS)


def classifier_class(
    model_type: str, head: str = "SequenceClassification"
) -> type[PreTrainedModel]:
    """Returns the class of an architecture's classifiers: of texts, or with the head of a `Task`.

    Raises UserError for another name than those of `MODEL_TYPES`, and where the architecture has
    no such class.
    """
    if model_type not in _CLASSIFIERS:
        raise UserError(f"model_type {model_type!r} is not one of {', '.join(MODEL_TYPES)}")
    module, name = _CLASSIFIERS[model_type]
    found = getattr(importlib.import_module(module), f"{name}For{head}", None)
    if found is None:
        raise UserError(f"there is no {name}For{head}; use a squeezebert")
    return found


def read_config(path: Path) -> EncoderConfig:
    """Reads a config.json of any of the architectures; without `model_type` it is SqueezeBERT's.

    Raises UserError where it cannot be read.
    """
    try:
        model_type = json.loads(path.read_text("utf-8")).get("model_type", "squeezebert")
    except (OSError, ValueError, AttributeError):
        model_type = "squeezebert"  # whose reader says what is wrong
    return classifier_class(model_type).config_class.from_json(path)
