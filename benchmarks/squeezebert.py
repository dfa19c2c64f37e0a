"""How this repository's own .tflite files are made for the comparison.

TensorFlow is imported inside, so that models can be listed without it.
"""

from __future__ import annotations

import numpy as np

from tfsqueeze.configs.presets import load_preset

_CALIBRATION_TEXTS = 32


def build_squeezebert(preset: str, variant: str, length: int) -> bytes:
    """Converts a preset's classifier by this repository's converters.

    variant: `float32`, or a profile of `convert_int8` for a quantization-aware model that saw
        random texts.
    """
    from converters.conversion.keras_to_tflite import convert_float, convert_int8
    from tfsqueeze.quantization import quantize_aware

    model = keras_squeezebert(preset)
    if variant == "float32":
        return convert_float(model, length)
    texts = _random_texts(model.config.vocab_size, length)
    return convert_int8(quantize_aware(model, [{"input_ids": texts}]), length, profile=variant)


def keras_squeezebert(preset: str):
    """A preset's Keras classifier of input_ids with random weights."""
    from benchmarks.peers.encoders import randomize
    from tfsqueeze.models.squeezebert import SqueezeBertForSequenceClassification

    return randomize(
        SqueezeBertForSequenceClassification(load_preset(preset), input_names=("input_ids",))
    )


def _random_texts(vocab_size, length):
    return (
        np.random.default_rng(0)
        .integers(1, vocab_size, (_CALIBRATION_TEXTS, length))
        .astype("int32")
    )
