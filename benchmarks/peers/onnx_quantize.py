"""Quantization by ONNX Runtime's own tools, with the settings that ran fastest here."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnxruntime import quantization
from onnxruntime.quantization.calibrate import CalibrationDataReader
from onnxruntime.quantization.shape_inference import quant_pre_process

_CALIBRATION_TEXTS = 8
# What flows out of onnxruntime's own operators, which ONNX's shape inference does not know.
_OPTIONS = {"DefaultTensorType": onnx.TensorProto.FLOAT}


def random_texts(length: int, vocab_size: int) -> list[dict[str, np.ndarray]]:
    """Texts to calibrate on: random input_ids, int32 [1, length]."""
    generator = np.random.default_rng(0)
    return [
        {"input_ids": generator.integers(1, vocab_size, (1, length)).astype(np.int32)}
        for _ in range(_CALIBRATION_TEXTS)
    ]


class RandomTexts(CalibrationDataReader):
    """Gives ONNX Runtime the `random_texts`."""

    def __init__(self, length: int, vocab_size: int) -> None:
        self._texts = iter(random_texts(length, vocab_size))

    def get_next(self) -> dict[str, np.ndarray] | None:
        """The next text, or None after the last."""
        return next(self._texts, None)


def quantize_dynamic(model: onnx.ModelProto) -> bytes:
    """int8 weights per channel; the ranges of activations are found at run time."""
    return _quantized(
        model,
        lambda source, target: quantization.quantize_dynamic(
            source,
            target,
            per_channel=True,
            weight_type=quantization.QuantType.QInt8,
            extra_options=_OPTIONS,
        ),
    )


def quantize_static(model: onnx.ModelProto, length: int, vocab_size: int) -> bytes:
    """Quantize-dequantize pairs: uint8 activations, int8 weights per channel.

    Every operator that the tool can quantize is: with the products alone BERT and the split form
    of SqueezeBERT ran slower than in float, and the rest no faster.
    """
    return _quantized(
        model,
        lambda source, target: quantization.quantize_static(
            source,
            target,
            RandomTexts(length, vocab_size),
            per_channel=True,
            quant_format=quantization.QuantFormat.QDQ,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            extra_options=_OPTIONS,
        ),
    )


def _quantized(model, quantize) -> bytes:
    logging.getLogger().setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        source, prepared, target = (
            Path(folder) / f"{name}.onnx" for name in ("source", "prepared", "target")
        )
        onnx.save(model, source)
        # Its optimization makes Gemms of MatMuls, between reshapes that stop the quantizer.
        quant_pre_process(source, prepared, skip_optimization=True, skip_symbolic_shape=True)
        quantize(prepared, target)
        return target.read_bytes()
