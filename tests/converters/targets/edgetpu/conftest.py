"""Small fully-int8 files for the Edge TPU, without and with attention."""

from __future__ import annotations

import numpy as np
import pytest

LENGTH, VOCABULARY_SIZE = 16, 60


# Attention of the first token alone, in the last layer.
HYBRID = {
    "num_hidden_layers": 3,
    "layer_types": ("convolution", "convolution", "attention"),
    "feed_forward_type": "dense",
    "classifier_pooling": "cls",
}


def int8_file(preset: str, **fields) -> bytes:
    """A preset's int8 file, with random weights and a small vocabulary."""
    import tf_keras as keras

    from converters.conversion.keras_to_tflite import convert_int8
    from tfsqueeze.configs.presets import load_preset
    from tfsqueeze.models.squeezebert import SqueezeBertForSequenceClassification
    from tfsqueeze.quantization import quantize_aware

    keras.utils.set_random_seed(0)
    config = load_preset(
        preset, vocab_size=VOCABULARY_SIZE, max_position_embeddings=LENGTH, **fields
    ).with_labels("abcd")
    model = SqueezeBertForSequenceClassification(config, input_names=("input_ids",))
    return convert_int8(quantize_aware(model, [token_ids(32)]), LENGTH)


def token_ids(count: int, seed: int = 0) -> np.ndarray:
    """int32 [count, LENGTH], padded with 0 at the end."""
    generator = np.random.default_rng(seed)
    ids = generator.integers(1, VOCABULARY_SIZE, (count, LENGTH)).astype(np.int32)
    for row, length in zip(ids, generator.integers(1, LENGTH + 1, count), strict=True):
        row[length:] = 0
    return ids


@pytest.fixture(scope="session")
def convolutional_file() -> bytes:
    """squeezebert-edgetpu: no attention."""
    return int8_file("squeezebert-edgetpu")


@pytest.fixture(scope="session")
def hybrid_file() -> bytes:
    """squeezebert-edgetpu with attention in the last layer."""
    return int8_file("squeezebert-edgetpu", **HYBRID)


@pytest.fixture(scope="session")
def ids() -> np.ndarray:
    """Texts of any length that the files take."""
    return token_ids(20, seed=1)
