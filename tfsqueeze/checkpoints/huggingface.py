"""Model folders in Hugging Face's layout: config.json and model.safetensors."""

from __future__ import annotations

import json
import os
import textwrap
import types
import warnings
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import tf_keras as keras
from safetensors.numpy import save_file

from tfsqueeze.checkpoints.checkpoint_tensors import CheckpointTensor, checkpoint_tensors
from tfsqueeze.checkpoints.model_sources import CONFIG_FILE, WEIGHTS_FILE, pretrained_folder
from tfsqueeze.checkpoints.tensor_names import naming
from tfsqueeze.checkpoints.weight_files import read_weights
from tfsqueeze.configs.encoder_config import read_fields
from tfsqueeze.configs.field_checks import are_names
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically
from tfsqueeze.utils.json_files import shown

_Model = TypeVar("_Model", bound=keras.Model)

# A model may have poolers and blocks that its file lacks, but not many times its parameters.
_MAX_GROWTH = 2
_MAX_NEW_PARAMETERS = 1_000_000


class NewWeightsWarning(UserWarning):
    """A checkpoint lacks weights of the model, which are newly initialised."""


class UnusedWeightsWarning(UserWarning):
    """A checkpoint has weights that the model does not have."""


def load_pretrained(
    model_class: type[_Model],
    source: str | os.PathLike,
    input_names: tuple[str, ...] | None = None,
    name: str | None = None,
    new_head: bool = False,
    **overrides: Any,
) -> _Model:
    """Loads a model from a folder in Hugging Face's layout.

    A head (or pooler) that the checkpoint lacks is newly initialised, and so are the squeeze-expand
    blocks that `feed_forward_type="both"` adds to a model without them. A head that the class lacks
    is left out. In each case a warning names the tensors. Tensors of the backbone that the class
    does not use, such as the pooler in a classifier of tokens, are kept in the model's
    `extra_tensors`, and `save_pretrained` writes them back.

    Args:
        model_class: a subclass of `PreTrainedModel`.
        source: a folder with config.json and weights (of float32, float16 or bfloat16) as
            `read_weights` finds them, a name in `BACKBONES`, or a hub id such as
            `squeezebert/squeezebert-uncased`.
        input_names: the inputs of the model, as in `model_class`.
        name: the name of the model.
        new_head: whether the head starts anew even if the checkpoint has one, for other labels. A
            warning says so.
        **overrides: config fields to change, or `num_labels`. If the checkpoint has another number
            of labels, `num_labels` new ones replace them.

    Raises:
        UserError: the source cannot be read, an override is no config field, or the checkpoint does
            not fit the class. The message names the first tensor that is missing, has another
            shape, is truncated, or should be tied to the word embeddings and is not.

    Example:
        >>> from tfsqueeze import SqueezeBertModel
        >>> from tfsqueeze.checkpoints.huggingface import load_pretrained
        >>> load_pretrained(SqueezeBertModel, "squeezebert-tiny").config.num_hidden_layers
        4
    """
    folder = pretrained_folder(source)
    saved = model_class.config_class.from_json(folder / CONFIG_FILE)
    is_own_class = model_class.__name__ in _architectures(folder / CONFIG_FILE)
    config = _override(saved, overrides)
    path, named = read_weights(folder)
    tensors = {naming(model_class).unprefixed(key): value for key, value in named.items()}
    _check_size(model_class, config, tensors, path)
    options = {"input_names": input_names, "name": name}
    model = model_class(config, **{k: v for k, v in options.items() if v is not None})
    if new_head:
        tensors = _without_head(tensors, model, saved, folder)
    _assign(
        model,
        tensors,
        path,
        may_lack_head=new_head or not is_own_class,
        may_lack_blocks=_has_blocks(config) and not _has_blocks(saved),
    )
    return model


def save_pretrained(model: keras.Model, folder: str | os.PathLike, dtype: str = "float32") -> None:
    """Writes a model as config.json and model.safetensors.

    Each file is written under a temporary name and then renamed. Other files in the folder stay as
    they are. Fields and tensors of the paper's model have Hugging Face's names;
    `tfsqueeze.checkpoints.tensor_names` lists those of this project's variants.

    Args:
        model: a `PreTrainedModel`.
        folder: the folder to write.
        dtype: the type of the weights in the file, `float32` or `float16`.

    Raises:
        UserError: `folder` is a file.

    Example:
        >>> import tempfile
        >>> from tfsqueeze import SqueezeBertModel, load_preset
        >>> from tfsqueeze.checkpoints.huggingface import load_pretrained, save_pretrained
        >>> config = load_preset("squeezebert-micro", vocab_size=50)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_pretrained(SqueezeBertModel(config), folder)
        ...     load_pretrained(SqueezeBertModel, folder).config == config
        True
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file; save_pretrained needs a folder")
    values = {tensor.name: tensor.read() for tensor in checkpoint_tensors(model)}
    values.update(model.extra_tensors)
    names = naming(model)
    # In the bare encoder all tensors belong to the backbone and have names without the prefix.
    prefix = "" if model.is_bare_encoder else names.prefix
    named = {
        prefix + key if names.in_backbone(key) else key: value.astype(dtype)
        if value.dtype.kind == "f"
        else value
        for key, value in values.items()
    }
    with write_atomically(folder / WEIGHTS_FILE) as temporary:
        # Hugging Face's readers refuse files without this metadata.
        save_file(named, temporary, metadata={"format": "pt"})
    config = model.config
    count = model.checkpoint_labels or config.num_labels
    if count != config.num_labels:
        labels = [*config.id2label.values(), *(f"LABEL_{i}" for i in range(1, count))]
        config = config.with_labels(labels[:count])
    with write_atomically(folder / CONFIG_FILE) as temporary:
        fields = {"architectures": [type(model).__name__], **config.checkpoint_fields()}
        temporary.write_text(json.dumps(fields, indent=2, sort_keys=True) + "\n", "utf-8")


def holds_head(model_class: type[keras.Model], folder: Path) -> bool:
    """Returns whether a checkpoint has a classifier for the task of a class.

    Args:
        model_class: a subclass of `PreTrainedModel`.
        folder: a folder in Hugging Face's layout.

    Raises:
        UserError: a file cannot be read.
    """
    architectures = _architectures(folder / CONFIG_FILE)
    if architectures:
        return model_class.__name__ in architectures
    # `pre_classifier` and `classifier.dense` are parts of classifiers, too.
    return any("classifier" in name for name in read_weights(folder)[1])


def _architectures(path: Path) -> list[str]:
    """Returns the names of the classes that wrote a config.json."""
    names = read_fields(path).get("architectures") or []
    if not are_names(names):
        raise UserError(f"{path}: architectures must be a list of names, not {shown(names)}")
    return names


def _check_size(model_class: Any, config: Any, tensors: dict[str, np.ndarray], path: Path) -> None:
    """Raises UserError if the model is not of the size of its file, before it takes memory."""
    layers, held_layers = len(set(config.layer_groups)), naming(model_class).count_layers(tensors)
    if layers != held_layers:
        raise UserError(
            f"{path.parent / CONFIG_FILE} describes {layers} layers with weights of their own, and "
            f"{path.name} holds those of {held_layers}; check that both files are of one model"
        )
    parameters = model_class.count_encoder_parameters(config)
    held_parameters = sum(tensor.size for tensor in tensors.values())
    if parameters > _MAX_GROWTH * held_parameters + _MAX_NEW_PARAMETERS:
        raise UserError(
            f"{path.parent / CONFIG_FILE} describes an encoder of {parameters:,} parameters, and "
            f"{path.name} holds {held_parameters:,}; check that both files are of one model"
        )


def _without_head(
    tensors: dict[str, np.ndarray], model: Any, saved: Any, folder: Path
) -> dict[str, np.ndarray]:
    """Returns the tensors of the backbone; warns if the model could have taken a head, too."""
    kept = {name: value for name, value in tensors.items() if naming(model).in_backbone(name)}
    if any(
        tensor.name in tensors and tensor.name not in kept for tensor in checkpoint_tensors(model)
    ):
        labels = textwrap.shorten(", ".join(saved.id2label.values()), 80, placeholder=" ...")
        warnings.warn(
            f"{folder} has a head for other labels ({labels}): the model gets a new head",
            stacklevel=4,
        )
    return kept


def _has_blocks(config: Any) -> bool:
    """Returns whether layers have squeeze-expand blocks beside or instead of feed-forward ones."""
    return getattr(config, "feed_forward_type", "dense") != "dense"


def _override(config: Any, overrides: dict[str, Any]) -> Any:
    overrides = dict(overrides)
    num_labels = overrides.pop("num_labels", config.num_labels)
    if num_labels != config.num_labels:
        overrides.setdefault("id2label", {i: f"LABEL_{i}" for i in range(num_labels)})
    return config.replace(**overrides)


def _assign(
    model: Any,
    tensors: dict[str, np.ndarray],
    path: Path,
    may_lack_head: bool,
    may_lack_blocks: bool,
) -> None:
    names = naming(model)
    wanted = {tensor.name: tensor for tensor in checkpoint_tensors(model)}
    _drop_tied(tensors, names.tied, path)
    new = _check_wanted(model, wanted, tensors, path, may_lack_head, may_lack_blocks)
    unused = {name: value for name, value in tensors.items() if name not in wanted}
    for name in unused:
        if name.startswith(names.encoder_prefix):
            raise UserError(
                f"{path}: tensor {name[:100]!r} does not belong to the model that {CONFIG_FILE} "
                "describes; check that both files are of one model"
            )
    for name, tensor in wanted.items():
        if name in tensors:
            tensor.assign(tensors[name])
    # A mapping proxy, since Keras would wrap and track a dict.
    model.extra_tensors = types.MappingProxyType(
        {name: value for name, value in unused.items() if names.in_backbone(name)}
    )
    left_out = [name for name in unused if not names.in_backbone(name)]
    if new:
        warnings.warn(
            f"{path} has no tensors {', '.join(new)}: they are newly initialised in "
            f"{type(model).__name__}; train the model before using it",
            NewWeightsWarning,
            stacklevel=4,
        )
    if left_out:
        warnings.warn(
            f"{path}: {type(model).__name__} leaves out {', '.join(left_out)}",
            UnusedWeightsWarning,
            stacklevel=4,
        )


def _check_wanted(
    model: Any,
    wanted: dict[str, CheckpointTensor],
    tensors: dict[str, np.ndarray],
    path: Path,
    may_lack_head: bool,
    may_lack_blocks: bool,
) -> list[str]:
    """Checks that a file holds the tensors of a model; returns those that it may lack and lacks."""
    names = naming(model)
    modules = {_module(name) for name in tensors}
    new = []
    for name, tensor in wanted.items():
        if name in tensors:
            value = tensors[name]
            if value.shape != tensor.shape or value.dtype != np.float32:
                raise UserError(
                    f"{path}: tensor {name!r} is {value.dtype} {list(value.shape)}; "
                    f"{type(model).__name__} with this config needs float32 "
                    f"{list(tensor.shape)}"
                )
            continue
        is_encoder = names.in_backbone(name) and not name.startswith("pooler.")
        lacks_head = may_lack_head and not is_encoder and _module(name) not in modules
        if not (lacks_head or (may_lack_blocks and ".squeeze_expand." in name)):
            raise UserError(
                f"{path}: tensor {name!r} is missing; {type(model).__name__} with "
                f"this config needs it in shape {list(tensor.shape)}"
            )
        new.append(name)
    return new


def _drop_tied(tensors: dict[str, np.ndarray], tied: dict[str, str], path: Path) -> None:
    """Removes the second copies of tied tensors."""
    for copy, original in tied.items():
        if copy in tensors and original in tensors:
            if not np.array_equal(tensors.pop(copy), tensors[original]):
                raise UserError(
                    f"{path}: tensor {copy!r} differs from {original!r}; only models "
                    "in which the two are tied are supported"
                )


def _module(tensor_name: str) -> str:
    return tensor_name.rpartition(".")[0]
