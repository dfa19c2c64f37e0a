"""Encoders and task models, as Functional Keras models, their sizes and reductions."""
