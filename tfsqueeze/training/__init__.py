"""Training in float and quantization-aware, in a folder that can be resumed."""
