"""Quantization of ONNX graphs by NNCF, the quantizer of OpenVINO."""

from __future__ import annotations

import os

import numpy as np
import onnx

# Without it, NNCF reports each use to a server.
os.environ.setdefault("NNCF_CI", "1")

import nncf  # noqa: E402

_CALIBRATION_TEXTS = 8


def quantize(content: bytes, length: int, vocab_size: int) -> bytes:
    """Returns an ONNX file with int8 weights and activations, calibrated on random texts.

    content: an ONNX file that takes input_ids, int32 [1, length].
    """
    generator = np.random.default_rng(0)
    texts = [
        {"input_ids": generator.integers(1, vocab_size, (1, length)).astype(np.int32)}
        for _ in range(_CALIBRATION_TEXTS)
    ]
    quantized = nncf.quantize(
        onnx.load_from_string(content),
        nncf.Dataset(texts),
        subset_size=_CALIBRATION_TEXTS,
        model_type=nncf.ModelType.TRANSFORMER,
    )
    return quantized.SerializeToString()
