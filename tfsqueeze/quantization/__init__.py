"""Quantization-aware models, trained with TF-MOT or made from calibration texts alone."""

from tfsqueeze.quantization.post_training import quantize_after_training
from tfsqueeze.quantization.qat import calibrate, load_quantized, quantize_aware

__all__ = ["calibrate", "load_quantized", "quantize_after_training", "quantize_aware"]
