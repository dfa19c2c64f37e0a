"""The target `edgetpu`: Coral's Edge TPU."""
