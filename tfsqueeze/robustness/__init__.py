"""Robustness of models to noise and attacks, and noisy copies to train on.

Nothing here needs TensorFlow.
"""
