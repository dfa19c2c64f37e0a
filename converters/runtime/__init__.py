"""The interpreters of .tflite files: running, timing and verifying them."""
