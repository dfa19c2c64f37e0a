"""From Keras models and training runs to .tflite files."""
