"""Noises and attacks by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tfsqueeze.data.datasets.neighbour_words import NeighbourWords
from tfsqueeze.utils.errors import UserError


def select_by_name(
    kind: str, known: Mapping[str, Any], names: Sequence[str], words: NeighbourWords | None
) -> dict[str, Any]:
    """Returns those of `known` that are named, in the order of the names.

    kind: what one of them is called. known: by name, each with `needs_words`.

    Raises UserError for an unknown name, and for one that needs words where there are none.
    """
    for name in names:
        if name not in known:
            raise UserError(f"there is no {kind} {name!r}; choose some of {', '.join(known)}")
        if known[name].needs_words and words is None:
            raise UserError(
                f"the {kind} {name} needs a table of word embeddings, and there is none"
            )
    return {name: known[name] for name in names}
