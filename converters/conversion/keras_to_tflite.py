"""Keras models to .tflite files: fully int8, float32, and int8 by the stock converter."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

import numpy as np
import tensorflow as tf
import tf_keras as keras
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools.flatbuffer_utils import convert_bytearray_to_object

from converters.conversion.postprocess import postprocess
from converters.conversion.profiles import OutputDtype, Profile
from converters.tflite.flatbuffer import serialize_model
from converters.tflite.inspection import require_int8, require_int8_products
from converters.tflite.tflite_file import Model
from tfsqueeze.layers import FLOAT_MASK_VALUE, MaskLookup, export_form
from tfsqueeze.layers.export_form import ExportProfile
from tfsqueeze.models.encoder import MASKED_POSITIONS
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.logging import suppress_native_logs

_OUTPUT_DTYPES: dict[OutputDtype, tf.DType] = {"int8": tf.int8, "float32": tf.float32}
INT8_PROFILES: tuple[Profile, ...] = get_args(Profile)


def convert_int8(
    model: keras.Model,
    max_length: int,
    output_dtype: OutputDtype = "int8",
    profile: Profile = "int8",
) -> bytes:
    """Converts a quantization-aware model to an int8 .tflite file.

    All ranges come from the model's fake quantization; nothing is calibrated here.

    Args:
        model: what `tfsqueeze.quantization.quantize_aware` returned, calibrated or trained; its
            inputs are int32 [batch, length], its output float logits of texts or of tokens, or a
            dict of such.
        max_length: the static length in tokens; the batch is 1.
        output_dtype: `int8`, or `float32` for a DEQUANTIZE at the end.
        profile: `int8`, where every op is int8, as Edge TPUs and microcontrollers need; or
            `mobile`, where every product is int8, and layer normalization and softmax are float32,
            for which the runtimes of phones have the faster kernels.

    Returns:
        The file's bytes: int32 inputs of the Keras inputs' names; output `logits`, or those of
        the dict, each with a scale of its own.

    Raises:
        NotFullyInt8Error: some tensor is not what the profile says; the message names the ops.
        UserError: an argument is out of range.
    """
    content = serialize_model(convert_int8_model(model, max_length, output_dtype, profile))
    require_profile(content, output_dtype, profile)
    return content


def convert_int8_model(
    model: keras.Model,
    max_length: int,
    output_dtype: OutputDtype = "int8",
    profile: Profile = "int8",
) -> schema.ModelT:
    """Converts a quantization-aware model to an unpacked int8 model, ready for further passes.

    Whoever packs the model proves by `require_profile` that the file is what the profile says.

    Args:
        model: see `convert_int8`, also for the other arguments.
        max_length: the static length in tokens.
        output_dtype: `int8` or `float32`.
        profile: `int8` or `mobile`.

    Raises:
        UserError: an argument is out of range.
    """
    if output_dtype not in _OUTPUT_DTYPES:
        raise UserError(f"output_dtype {output_dtype!r} is not one of {', '.join(_OUTPUT_DTYPES)}")
    if profile not in INT8_PROFILES:
        raise UserError(f"profile {profile!r} is not one of {', '.join(INT8_PROFILES)}")
    converter = _converter(model, max_length, profile)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.inference_output_type = _OUTPUT_DTYPES[output_dtype]
    return _convert(converter)


def require_profile(
    model: Model, output_dtype: OutputDtype = "int8", profile: Profile = "int8"
) -> None:
    """Proves that a .tflite file is sound and what a profile says.

    Args:
        model: the file's path, its bytes, or a `TFLiteFile`.
        output_dtype: `int8` or `float32`.
        profile: `int8` or `mobile`; see `convert_int8`.

    Raises:
        NotFullyInt8Error: some tensor is not what the profile says; the message names the ops.
        UserError: the file cannot be read, or is not sound.
    """
    if profile == "int8":
        require_int8(model, allow_float_output=output_dtype == "float32")
    else:
        require_int8_products(model)


def convert_float(model: keras.Model, max_length: int) -> bytes:
    """Converts a float model to a float32 .tflite file.

    Args:
        model: a float model of the inputs and outputs that `convert_int8` takes.
        max_length: the static length in tokens; the batch is 1.

    Returns:
        The file's bytes.

    Raises:
        UserError: the length is out of range.
    """
    return serialize_model(_convert(_converter(model, max_length, "float32")))


def convert_post_training(
    model: keras.Model,
    max_length: int,
    representative_rows: Iterable[np.ndarray | Mapping[str, np.ndarray]],
    mask_value: float = FLOAT_MASK_VALUE,
) -> bytes:
    """Quantizes a float model after training, as TensorFlow Lite's documentation does it.

    This is the comparison for quantization-aware training: the stock converter's full-integer
    path on the float graph.

    Args:
        model: a float model of the inputs and outputs that `convert_int8` takes.
        max_length: the static length in tokens; the batch is 1.
        representative_rows: inputs that the converter calibrates on, int32 [max_length] by name,
            or the token ids alone.
        mask_value: what is added to the attention scores of padding in place of -10,000, which
            takes all of an int8 range.

    Returns:
        The file's bytes.

    Raises:
        UserError: there are no rows, they are not of the model's inputs, or the length is out of
            range.
    """
    rows = [row if isinstance(row, Mapping) else {"input_ids": row} for row in representative_rows]
    if not rows:
        raise UserError("there are no representative rows to calibrate on; give at least one")
    for row in rows:
        if set(row) != set(model.input_names):
            raise UserError(
                f"the representative rows have {', '.join(row)}; the model takes "
                f"{', '.join(model.input_names)}"
            )
    with _mask_value(model, mask_value):
        converter = _converter(model, max_length, "float32")
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: (
        {name: np.asarray(value, np.int32)[None] for name, value in row.items()} for row in rows
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_output_type = tf.int8
    return serialize_model(_convert(converter))


def _converter(
    model: keras.Model, max_length: int, profile: ExportProfile
) -> tf.lite.TFLiteConverter:
    embeddings = model.get_layer("embeddings")
    positions = getattr(embeddings, "layer", embeddings).max_position_embeddings
    if not 1 <= max_length <= positions:
        raise UserError(
            f"max_length {max_length} must be from 1 to the model's "
            f"max_position_embeddings, {positions}"
        )
    shapes = {name: output.shape for name, output in _by_name(model.output).items()}
    # A device is asked about one token at a time.
    signature = {
        name: tf.TensorSpec([1, 1 if name == MASKED_POSITIONS else max_length], tf.int32, name=name)
        for name in model.input_names
    }

    @tf.function(input_signature=[signature], autograph=False)
    def serve(inputs):
        with export_form(profile):
            outputs = model(inputs, training=False)
        # Layers keep four dimensions while exporting.
        return {
            name: tf.squeeze(value, _extra_axes(shapes[name]))
            for name, value in _by_name(outputs).items()
        }

    function = serve.get_concrete_function()
    # The converter saves what it is given. The Keras model with its layers would take ten times as
    # long as the variables that the graph reads; ranges are constants of it.
    holder = tf.Module()
    holder.variables_of_graph = function.variables
    return tf.lite.TFLiteConverter.from_concrete_functions([function], holder)


@contextlib.contextmanager
def _mask_value(model: keras.Model, value: float) -> Iterator[None]:
    """Gives the masks of a float model another value while the model is traced."""
    masks = [
        layer
        for layer in model.layers
        if isinstance(layer, MaskLookup) and layer.masked_value == FLOAT_MASK_VALUE
    ]
    try:
        for mask in masks:
            mask.masked_value = value
        yield
    finally:
        for mask in masks:
            mask.masked_value = FLOAT_MASK_VALUE


def _extra_axes(shape: tuple[int | None, ...]) -> list[int]:
    """Which axes of [1, 1, length, channels] an output of a Keras shape does not have."""
    if len(shape) == 3:
        return [1]
    # Of two axes the second is the tokens' where its size is open.
    return [1, 3] if shape[1] is None else [1, 2]


def _by_name(outputs: Any) -> dict[str, Any]:
    return outputs if isinstance(outputs, dict) else {"logits": outputs}


def _convert(converter: tf.lite.TFLiteConverter) -> schema.ModelT:
    with _suppress_converter_logs():
        content = converter.convert()
    model = convert_bytearray_to_object(content)
    postprocess(model)
    return model


@contextlib.contextmanager
def _suppress_converter_logs() -> Iterator[None]:
    """Keeps TensorFlow's warnings about its own converter off the terminal."""
    logger = logging.getLogger("tensorflow")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
            suppress_native_logs(),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
