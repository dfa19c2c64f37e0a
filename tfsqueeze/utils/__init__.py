"""Errors, files, logs and pinned archives, for all other packages."""
