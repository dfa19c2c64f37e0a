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
import types
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
# Of what a model was compiled with. MeanMetricWrapper would call a function that a file names.
_COMPILED = {
    "keras.losses": (keras.losses, keras.losses.Loss),
    "keras.metrics": (keras.metrics, keras.metrics.Metric),
    "keras.optimizers": (keras.optimizers, keras.optimizers.Optimizer),
    "keras.optimizers.schedules": (
        keras.optimizers.schedules,
        keras.optimizers.schedules.LearningRateSchedule,
    ),
}
_KERAS_CLASSES = {
    ("keras.layers", "InputLayer"),
    ("tf_keras.src.engine.functional", "Functional"),
    # In files of earlier versions.
    (
        "tensorflow_model_optimization.python.core.quantization.keras.quantize_wrapper",
        "QuantizeWrapperV2",
    ),
    *(
        (module, name)
        for module, (package, base) in _COMPILED.items()
        for name, value in vars(package).items()
        if isinstance(value, type) and issubclass(value, base) and name != "MeanMetricWrapper"
    ),
}
# Losses and metrics that Keras names by their functions.
_KERAS_FUNCTIONS = {
    name
    for package in (keras.losses, keras.metrics)
    for name, value in vars(package).items()
    if isinstance(value, types.FunctionType)
} - {"deserialize", "get", "serialize"}
# Those of classes, which importing registers.
_OWN_MODULES = re.compile(r"tfsqueeze\.(layers|models|quantization|tasks|training)\.[a-z_]+")


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
    if not isinstance(model, keras.Model):
        raise UserError(f"{path} holds no model but a {type(model).__name__}")
    return skip_autograph(model)


def _check(path: Path) -> None:
    """Raises UserError unless Keras can load a file without running what it holds."""
    # By any other name Keras reads a file as HDF5, which a zip file can be at the same time.
    if path.suffix != ".keras":
        raise UserError(f"{path} is not a Keras file: its name must end in .keras")
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
    # A damaged or encrypted entry is any of these.
    except (OSError, EOFError, RuntimeError, UnicodeDecodeError, zipfile.BadZipFile) as error:
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
    """Raises UserError unless Keras finds a known object by a config, wherever it looks it up."""
    module, name = config.get("module"), config["class_name"]
    fields = {
        "class_name": name,
        "module": module,
        "registered_name": config.get("registered_name"),
    }
    for field, value in fields.items():
        if not isinstance(value, str) and (value is not None or field == "class_name"):
            raise UserError(
                f"{path}: config.json cannot be read ({field} is a {type(value).__name__}, not a "
                "string)"
            )
    if module is not None and _OWN_MODULES.fullmatch(module):
        with contextlib.suppress(ModuleNotFoundError):
            importlib.import_module(module)
    if name == "function":
        # Keras looks a function up by its `config`, and then in its own modules or in `module`.
        name = config.get("config")
        known = isinstance(name, str) and (
            keras.saving.get_registered_object(name) is not None
            or (module == "builtins" and name in _KERAS_FUNCTIONS)
        )
    else:
        # Keras takes the class name where there is no registered name, which is not where it is
        # null, and in the older form of a config, which has no module.
        found_by = config.get("registered_name", name) if "module" in config else name
        registered = keras.saving.get_registered_object(found_by)
        known = (module, name) in _KERAS_CLASSES or (
            isinstance(registered, type) and registered.__name__ == name
        )
    if not known:
        named = f"{module}.{name}" if module else str(name)
        raise UserError(
            f"{path} names {' '.join(named.split())[:200]}, which models of tfsqueeze do not "
            "consist of; it is not loaded"
        )
