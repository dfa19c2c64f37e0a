"""Coral's Edge TPU: the split of a model for it, and what its compiler will make of a file."""
