"""Microcontrollers: a trained run as a C folder for TensorFlow Lite Micro."""
