"""Quantization-aware training with TF-MOT, the TensorFlow Model Optimization Toolkit."""

from tfsqueeze.quantization.qat import calibrate, load_quantized, quantize_aware

__all__ = ["calibrate", "load_quantized", "quantize_aware"]
