"""Configurations of encoders: SqueezeBERT and the dense encoders that it learns from."""
