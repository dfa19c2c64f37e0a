"""Pairs of texts to compare methods on."""

from tests.end_to_end.conftest import pairs_folder  # noqa: F401 (a fixture)
