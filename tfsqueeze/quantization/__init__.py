"""Quantization-aware training by TF-MOT."""

from tfsqueeze.quantization.qat import calibrate, load_quantized, quantize_aware

__all__ = ["calibrate", "load_quantized", "quantize_aware"]
