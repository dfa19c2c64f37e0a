"""Pairs of texts to compare methods on."""

from tests.end_to_end.conftest import (  # noqa: F401 (fixtures)
    conll_folder,
    pairs_folder,
    snips_folder,
    squad_folder,
)
