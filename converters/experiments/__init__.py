"""Comparisons and robustness measurements, which train or load several models."""
