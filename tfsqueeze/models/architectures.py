"""The classes of task models, by the `model_type` of their config and their head."""

from __future__ import annotations

import importlib
import reprlib
from pathlib import Path

import tf_keras as keras

from tfsqueeze.configs.encoder_config import EncoderConfig, read_fields
from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.utils.errors import UserError

# The module of each architecture's model classes, and the prefix of their names.
_ARCHITECTURES = {
    "squeezebert": ("tfsqueeze.models.squeezebert", "SqueezeBert"),
    "bert": ("tfsqueeze.models.bert", "Bert"),
    "distilbert": ("tfsqueeze.models.distilbert", "DistilBert"),
    "mobilebert": ("tfsqueeze.models.mobilebert", "MobileBert"),
    "electra": ("tfsqueeze.models.electra", "Electra"),
    "albert": ("tfsqueeze.models.albert", "Albert"),
}
MODEL_TYPES = tuple(_ARCHITECTURES)
# Relatives of BERT that no device here can tokenize for.
_OTHER_TOKENIZERS = {
    **dict.fromkeys(("roberta", "bart", "longformer", "deberta", "modernbert"), "byte-level BPE"),
    **dict.fromkeys(("xlm-roberta", "camembert", "deberta-v2", "xlnet", "t5"), "SentencePiece"),
}


def task_model_class(
    model_type: str, head: str = "SequenceClassification"
) -> type[PreTrainedModel]:
    """Returns the class of an architecture's models for a task.

    Any class that is registered with Keras under the package `tfsqueeze` is found.

    Args:
        model_type: the architecture, one of `MODEL_TYPES`.
        head: the end of the class's name, as `Task.head` has it.

    Raises:
        UserError: there is no such architecture, or it has no such class.

    Example:
        >>> from tfsqueeze.models.architectures import task_model_class
        >>> task_model_class("bert", "MaskedLM").__name__
        'BertForMaskedLM'
    """
    if model_type not in _ARCHITECTURES:
        raise UserError(f"model_type {model_type!r} is not one of {', '.join(MODEL_TYPES)}")
    module, prefix = _ARCHITECTURES[model_type]
    importlib.import_module(module)
    name = f"{prefix}For{head}"
    model_class = keras.saving.get_registered_object(f"tfsqueeze>{name}")
    if model_class is None:
        raise UserError(f"there is no {name}; use a squeezebert")
    return model_class


def read_config(path: Path) -> EncoderConfig:
    """Reads a config.json of any of the architectures.

    Args:
        path: the file; without a `model_type` it describes a SqueezeBERT.

    Raises:
        UserError: the file cannot be read, or describes an unknown architecture.
    """
    model_type = read_fields(path).get("model_type", "squeezebert")
    if model_type not in MODEL_TYPES:
        reason = _OTHER_TOKENIZERS.get(model_type) if isinstance(model_type, str) else None
        raise UserError(
            f"{path}: model_type {reprlib.repr(model_type)} is not one of {', '.join(MODEL_TYPES)}"
            + (f"; its tokenizer is {reason}, and files here have WordPiece" if reason else "")
        )
    return task_model_class(model_type).config_class.from_json(path)
