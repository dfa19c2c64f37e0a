"""Predictions from one packed .tflite file, one predictor for each task."""
