"""Encoders and task models as Functional Keras models, their complexity and their reduction."""
