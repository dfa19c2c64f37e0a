"""Scores of predictions, and the classical baselines beside them."""
