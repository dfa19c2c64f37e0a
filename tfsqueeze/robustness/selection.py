"""Selection of noises and attacks by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from tfsqueeze.data.datasets.neighbour_words import NeighbourWords
from tfsqueeze.utils.errors import UserError


class Selectable(Protocol):
    """A noise or an attack."""

    @property
    def needs_words(self) -> bool:
        """Whether it needs the neighbours of words."""
        ...


SelectableT = TypeVar("SelectableT", bound=Selectable)


def check_names(kind: str, known: Mapping[str, Selectable], names: Sequence[str]) -> None:
    """Checks that all names are known.

    Args:
        kind: "noise" or "attack", for messages.
        known: the noises or attacks by name.
        names: the names to check.

    Raises:
        UserError: a name is unknown.
    """
    for name in names:
        if name not in known:
            raise UserError(f"there is no {kind} {name!r}; choose some of {', '.join(known)}")


def select_by_name(
    kind: str,
    known: Mapping[str, SelectableT],
    names: Sequence[str],
    words: NeighbourWords | None,
) -> dict[str, SelectableT]:
    """Returns noises or attacks by name, in the order of the names.

    Args:
        kind: "noise" or "attack", for messages.
        known: the noises or attacks by name.
        names: the names to select.
        words: the neighbours of words; None if there are none.

    Raises:
        UserError: a name is unknown, or one needs the neighbours of words and there are none.
    """
    check_names(kind, known, names)
    for name in names:
        if known[name].needs_words and words is None:
            raise UserError(
                f"the {kind} {name} needs a table of word embeddings, and there is none"
            )
    return {name: known[name] for name in names}
