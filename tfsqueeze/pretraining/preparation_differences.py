"""How the texts of a finished folder were prepared in another way than is asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.json_files import shown


def check_same_preparation(
    output: str, found: Mapping[str, Any], wanted: Mapping[str, Any]
) -> None:
    """Checks that the texts of a finished folder were prepared as is asked for.

    Args:
        output: the folder.
        found: the settings in its manifest.json.
        wanted: JSON-able settings: fields of `PreparationOptions`, with the `tokenizer`'s digest,
            the settings of the `teacher` and a list for each of the `sources`, whose name is first.

    Raises:
        UserError: a setting differs.

    Example:
        >>> check_same_preparation("shards", {"min_words": 1}, {"min_words": 2})
        Traceback (most recent call last):
        tfsqueeze.utils.errors.UserError: shards holds texts that were prepared with min_words 1, \
not 2; choose another folder, or remove that one to prepare the texts again
    """
    # As manifest.json keeps them.
    for name, value in json.loads(json.dumps(wanted)).items():
        if found.get(name) != value:
            raise UserError(
                f"{output} holds texts that were prepared "
                f"{_difference(name, found.get(name), value)}; choose another folder, or remove "
                "that one to prepare the texts again"
            )


def _difference(name: str, found: Any, wanted: Any) -> str:
    """Returns the end of a sentence on texts that were prepared, such as `with seed 0, not 1`."""
    if name == "sources":
        return _other_sources(found if isinstance(found, list) else [], wanted)
    # What a manifest has of these is a digest.
    if name == "teacher" and found is None:
        return "without a teacher"
    if name == "teacher" and wanted is None:
        return "with a teacher"
    if name in ("teacher", "tokenizer"):
        return f"with another {name}"
    return f"with {name} {shown(found)}, not {shown(wanted)}"


def _other_sources(found: Sequence[Any], wanted: Sequence[Sequence[Any]]) -> str:
    known = {json.dumps(source) for source in found}
    other = next((name for name, *facts in wanted if json.dumps([name, *facts]) not in known), None)
    if other is None:
        return f"from {len(found):,} files, of which you name {len(wanted):,}"
    return f"from other files: {other} was not among them, or has changed since"
