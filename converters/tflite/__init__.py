"""The .tflite file: its bytes, operators, metadata and signatures."""
