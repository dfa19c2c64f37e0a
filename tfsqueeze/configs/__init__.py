"""Configurations of encoders, SqueezeBERT and its dense teachers, and the presets."""
