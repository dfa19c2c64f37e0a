"""Pretraining on plain text, without labels."""
