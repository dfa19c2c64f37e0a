"""Errors, files, logs and pinned archives: what every other package may use."""
