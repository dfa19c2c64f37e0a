"""Datasets, evaluation sets and plain texts by name."""
