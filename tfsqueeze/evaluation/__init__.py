"""Metrics of predictions, and classical baselines to compare with."""
