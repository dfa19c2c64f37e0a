"""Small .tflite models whose answers are known, made once per test session."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from converters.tflite.metadata import pack_metadata

VOCABULARY = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "film", "the", "was", "##s",
]  # fmt: skip
LABELS = ["negative", "neutral", "positive"]
LENGTH = 8


@pytest.fixture(scope="session")
def sentiment_model():
    """Keras: "good" counts for `positive`, "bad" for `negative`, any other word for neither."""
    import tf_keras as keras

    table = np.zeros([len(VOCABULARY), 3], np.float32)
    table[:, 1] = 0.1
    table[VOCABULARY.index("good")] = [-1, 0, 1]
    table[VOCABULARY.index("bad")] = [1, 0, -1]
    input_ids = keras.Input([LENGTH], dtype="int32", name="input_ids")
    embedding = keras.layers.Embedding(
        *table.shape, embeddings_initializer=keras.initializers.Constant(table)
    )
    summed = np.tile(np.eye(3, dtype=np.float32), [LENGTH, 1])
    logits = keras.layers.Dense(
        3,
        kernel_initializer=keras.initializers.Constant(summed),
        bias_initializer=keras.initializers.Constant([0.05, 0.0, 0.05]),
    )
    return keras.Model(input_ids, logits(keras.layers.Flatten()(embedding(input_ids))))


@pytest.fixture(scope="session")
def convert() -> Callable:
    """Returns `convert(keras_model, output="int8" | "float32" | None, per_channel=True)`.

    `None` leaves the whole model in float32; otherwise int8 by a representative dataset.
    """
    import tensorflow as tf

    def to_tflite(model, output="int8", per_channel=True) -> bytes:
        signature = [
            tf.TensorSpec([1, *tensor.shape[1:]], tensor.dtype, name=tensor.name.split(":")[0])
            for tensor in model.inputs
        ]
        call = tf.function(lambda *inputs: model(list(inputs) if len(inputs) > 1 else inputs[0]))
        converter = tf.lite.TFLiteConverter.from_concrete_functions(
            [call.get_concrete_function(*signature)], model
        )
        if output is not None:
            generator = np.random.default_rng(0)
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: (
                [
                    generator.integers(0, 2 if "mask" in spec.name else 11, spec.shape, np.int32)
                    for spec in signature
                ]
                for _ in range(50)
            )
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.inference_output_type = tf.as_dtype(output)
            converter._experimental_disable_per_channel_quantization_for_dense_layers = (
                not per_channel
            )
        return converter.convert()

    return to_tflite


@pytest.fixture(scope="session")
def int8_model(sentiment_model, convert) -> bytes:
    """The sentiment model in int8: GATHER, RESHAPE, FULLY_CONNECTED per channel."""
    return convert(sentiment_model)


@pytest.fixture(scope="session")
def float_output_model(sentiment_model, convert) -> bytes:
    """The int8 sentiment model with a DEQUANTIZE at the end."""
    return convert(sentiment_model, output="float32")


@pytest.fixture(scope="session")
def float_model(sentiment_model, convert) -> bytes:
    """The sentiment model in float32."""
    return convert(sentiment_model, output=None)


@pytest.fixture(scope="session")
def masked_model(convert) -> bytes:
    """int8 but for the CAST of its second input, attention_mask; embeddings of masked ids are 0."""
    import tensorflow as tf
    import tf_keras as keras

    input_ids = keras.Input([LENGTH], dtype="int32", name="input_ids")
    mask = keras.Input([LENGTH], dtype="int32", name="attention_mask")
    table = keras.initializers.RandomUniform(-1, 1, seed=0)
    x = keras.layers.Embedding(len(VOCABULARY), 4, embeddings_initializer=table)(input_ids)
    x = keras.layers.Flatten()(x * tf.cast(mask, tf.float32)[..., None])
    kernel = keras.initializers.RandomUniform(-1, 1, seed=1)
    logits = keras.layers.Dense(3, kernel_initializer=kernel)(x)
    return convert(keras.Model([input_ids, mask], logits))


@pytest.fixture(scope="session")
def rank3_model(convert) -> bytes:
    """int8 with a per-channel FULLY_CONNECTED on [1, length, hidden]; output [1, length, 5]."""
    import tf_keras as keras

    input_ids = keras.Input([LENGTH], dtype="int32", name="input_ids")
    table = keras.initializers.RandomUniform(-1, 1, seed=0)
    x = keras.layers.Embedding(len(VOCABULARY), 4, embeddings_initializer=table)(input_ids)
    kernel = keras.initializers.RandomUniform(-1, 1, seed=1)
    return convert(keras.Model(input_ids, keras.layers.Dense(5, kernel_initializer=kernel)(x)))


@pytest.fixture(scope="session")
def metadata() -> dict:
    """Arguments of pack_metadata that suit the sentiment model."""
    return {
        "name": "sentiment",
        "description": "Counts good and bad words, très simple.",
        "labels": LABELS,
        "vocabulary": VOCABULARY,
        "tokenizer": {"do_lower_case": True, "model_max_length": LENGTH},
        "extra": {"config": {"hidden_size": 3}, "report": {"accuracy": 0.5}},
        "task": "text-classification",
        "slots": [],
        "pairs": False,
        "decoding": {},
    }


@pytest.fixture(scope="session")
def packed_model(int8_model, metadata) -> bytes:
    """The int8 sentiment model with its labels, vocabulary and tokenizer inside."""
    return pack_metadata(int8_model, **metadata)
