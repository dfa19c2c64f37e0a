"""Keras files (.keras) that are read without running anything that they hold.

Keras runs the code of a Lambda layer from an HDF5 file or a SavedModel, and imports whatever module
a file's config names. So only Keras' zip format is read, and only classes that are registered in
this process or are among Keras' own that models of tfsqueeze consist of.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tensorflow as tf
import tf_keras as keras

from tfsqueeze.utils.autograph import skip_autograph
from tfsqueeze.utils.errors import UserError

_ENTRIES = {"metadata.json", "config.json", "model.weights.h5"}
# A config has less than 1 KB a layer.
_MAX_CONFIG_BYTES = 16 << 20
_KERAS_CLASSES = {
    ("keras.layers", "InputLayer"),
    ("tf_keras.src.engine.functional", "Functional"),
    # In files of earlier versions.
    (
        "tensorflow_model_optimization.python.core.quantization.keras.quantize_wrapper",
        "QuantizeWrapperV2",
    ),
}
# Those of classes, which importing registers.
_OWN_MODULES = re.compile(r"tfsqueeze\.(layers|models|quantization|tasks|training)\.[a-z_]+")
# Of what a model was compiled with.
_KERAS_MODULES = ("keras.losses", "keras.metrics", "keras.optimizers", "keras.optimizers.schedules")
_KERAS_FUNCTIONS = (keras.losses, keras.metrics)


class KerasFileModel(keras.Model):
    """A Keras model that is not saved as HDF5, from which Keras could not load it."""

    def save(
        self,
        filepath: str | os.PathLike,
        overwrite: bool = True,
        save_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Saves the model as `keras.Model.save` does.

        Args:
            filepath: the `.keras` file, or the folder of a SavedModel.
            overwrite: whether to replace what is there without asking.
            save_format: the format; None for that of the path.
            **kwargs: further options of Keras.

        Raises:
            UserError: the format is HDF5.
        """
        path = Path(filepath)
        if save_format in ("h5", "hdf5") or path.suffix in (".h5", ".hdf5"):
            raise UserError(
                f"{path} would be HDF5, from which Keras cannot load this model; save it as "
                f"{path.with_suffix('.keras').name}, or its weights alone with save_weights"
            )
        super().save(filepath, overwrite, save_format, **kwargs)


@tf.autograph.experimental.do_not_convert
def load_model(path: str | os.PathLike, compile: bool = True) -> keras.Model:
    """Loads a Keras file; nothing in it is run.

    Args:
        path: the `.keras` file.
        compile: whether to restore the loss and the optimizer too, as in Keras.

    Raises:
        UserError: the path is not a Keras file, the file is damaged, or it names a class that is
            neither registered nor one that models of tfsqueeze consist of.
    """
    path = Path(path)
    _check(path)
    try:
        model = keras.models.load_model(path, compile=compile)
    # What Keras raises depends on where the file is damaged.
    except Exception as error:
        reason = str(error).strip().partition("\n")[0][:200]
        raise UserError(f"{path} is damaged ({type(error).__name__}: {reason})") from error
    return skip_autograph(model)


def _check(path: Path) -> None:
    """Raises UserError unless Keras can load a file without running what it holds."""
    try:
        # A folder is a SavedModel to Keras, and a file that is no zip HDF5.
        with zipfile.ZipFile(path) as archive:
            entries = {entry.filename: entry for entry in archive.infolist()}
            stored = all(entry.compress_type == zipfile.ZIP_STORED for entry in entries.values())
            if set(entries) != _ENTRIES or not stored:
                raise UserError(f"{path} is not a file that Keras wrote: it holds other entries")
            if entries["config.json"].file_size > _MAX_CONFIG_BYTES:
                raise UserError(f"{path}: config.json is larger than {_MAX_CONFIG_BYTES:,} bytes")
            content = archive.read("config.json")
    except (OSError, zipfile.BadZipFile) as error:
        raise UserError(
            f"{path} is not a Keras file ({error}); other formats, such as HDF5 and SavedModel, "
            "may hold code and are not read"
        ) from None
    try:
        objects = list(_objects(json.loads(content)))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: config.json cannot be read ({error})") from None
    for each in objects:
        _check_object(each, path)


def _objects(config: Any) -> Iterator[dict[str, Any]]:
    """Yields each dict in a config that Keras would make an object of."""
    if isinstance(config, dict):
        if "class_name" in config:
            yield config
        config = list(config.values())
    if isinstance(config, list):
        for value in config:
            yield from _objects(value)


def _check_object(config: dict[str, Any], path: Path) -> None:
    module, name = config.get("module"), config["class_name"]
    if isinstance(module, str) and _OWN_MODULES.fullmatch(module):
        with contextlib.suppress(ModuleNotFoundError):
            importlib.import_module(module)
    registered = config.get("registered_name") or name
    if name == "function":
        function = config.get("config")
        known = keras.saving.get_registered_object(config.get("registered_name")) or (
            module == "builtins" and any(hasattr(each, str(function)) for each in _KERAS_FUNCTIONS)
        )
        name = function
    else:
        known = (
            (module, name) in _KERAS_CLASSES
            or module in _KERAS_MODULES
            or keras.saving.get_registered_object(registered) is not None
        )
    if not known:
        raise UserError(
            f"{path} names {module}.{name}, which models of tfsqueeze do not consist of; it is not "
            "loaded"
        )
