"""The target `micro`: C and C++ for TensorFlow Lite Micro."""
