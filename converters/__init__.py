"""From Keras models to .tflite files: conversion, runtimes, predictors, reports and targets.

Names are imported on first use, so that predicting does not load TensorFlow.

Example:
    >>> import converters
    >>> predictor = converters.Predictor.open("r8.tflite")  # doctest: +SKIP
    >>> converters.measure_latency({"r8": "r8.tflite"}).models[0].median  # doctest: +SKIP
    0.31
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfsqueeze.utils.lazy_imports import lazy_names

# The module of each public name.
_MODULES = {
    "Predictor": "converters.inference.predictor",
    "TFLiteFile": "converters.tflite.tflite_file",
    "available_runtimes": "converters.runtime.interpreters",
    "convert": "converters.conversion.runs",
    "convert_float": "converters.conversion.keras_to_tflite",
    "convert_int8": "converters.conversion.keras_to_tflite",
    "load_target": "converters.targets.registry",
    "measure_latency": "converters.runtime.latency",
    "open_model": "converters.runtime.interpreters",
    "read_metadata": "converters.tflite.metadata",
    "verify_run": "converters.experiments.run_verification",
}

# Type checkers read the imports. At run time a name is imported on first use.
if TYPE_CHECKING:
    from converters.conversion.keras_to_tflite import convert_float as convert_float
    from converters.conversion.keras_to_tflite import convert_int8 as convert_int8
    from converters.conversion.runs import convert as convert
    from converters.experiments.run_verification import verify_run as verify_run
    from converters.inference.predictor import Predictor as Predictor
    from converters.runtime.interpreters import available_runtimes as available_runtimes
    from converters.runtime.interpreters import open_model as open_model
    from converters.runtime.latency import measure_latency as measure_latency
    from converters.targets.registry import load_target as load_target
    from converters.tflite.metadata import read_metadata as read_metadata
    from converters.tflite.tflite_file import TFLiteFile as TFLiteFile
else:
    __all__ = sorted(_MODULES)
    __getattr__, __dir__ = lazy_names(__name__, _MODULES)
