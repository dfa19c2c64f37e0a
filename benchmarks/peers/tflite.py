"""The stock converter, as TensorFlow Lite's documentation uses it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf

QUANTIZATIONS = ("float32", "dynamic", "int8")
_CALIBRATION_TEXTS = 8


def convert_stock(
    function: tf.types.experimental.PolymorphicFunction,
    holder: tf.Module,
    quantization: str,
    samples: Callable | None = None,
) -> bytes:
    """Converts a function with a static input signature to a .tflite file.

    holder: what keeps the function's variables alive.
    quantization: `float32`; `dynamic`, int8 weights with ranges found at run time; or `int8`,
        full-integer with a representative dataset.
    samples: makes the representative dataset, an iterator of dicts of arrays by input name.
    """
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [function.get_concrete_function()], holder
    )
    if quantization != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if quantization == "int8":
        converter.representative_dataset = samples
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        specs = function.input_signature[0].values()
        if all(spec.dtype.is_floating for spec in specs):
            converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8
    return converter.convert()


def convert_classifier(model, length: int, vocab_size: int, quantization: str) -> bytes:
    """Converts a Keras classifier of input_ids int32 [1, length]; calibrates on random ids."""
    signature = {"input_ids": tf.TensorSpec([1, length], tf.int32, name="input_ids")}

    @tf.function(input_signature=[signature])
    def serve(inputs):
        return {"logits": model(inputs["input_ids"], training=False)}

    def samples():
        generator = np.random.default_rng(0)
        for _ in range(_CALIBRATION_TEXTS):
            yield {"input_ids": generator.integers(1, vocab_size, (1, length)).astype(np.int32)}

    holder = tf.Module()
    holder.variables_of_model = model.variables
    return convert_stock(serve, holder, quantization, samples)
