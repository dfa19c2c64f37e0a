"""Datasets in memory, readers of file formats, and named sources."""
