"""Quantization of ONNX graphs by NNCF, the quantizer of OpenVINO."""

from __future__ import annotations

import os

import onnx

from benchmarks.peers.onnx_quantize import random_texts

# Without it, NNCF reports each use to a server.
os.environ.setdefault("NNCF_CI", "1")

import nncf  # noqa: E402


def quantize(model: onnx.ModelProto, length: int, vocab_size: int) -> bytes:
    """Returns an ONNX file with int8 weights and activations, calibrated on random texts.

    model: takes input_ids, int32 [1, length].
    """
    texts = random_texts(length, vocab_size)
    quantized = nncf.quantize(
        model,
        nncf.Dataset(texts),
        subset_size=len(texts),
        model_type=nncf.ModelType.TRANSFORMER,
    )
    return quantized.SerializeToString()
