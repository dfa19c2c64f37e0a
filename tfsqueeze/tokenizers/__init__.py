"""WordPiece tokenization in the TensorFlow graph, and without TensorFlow for devices."""
