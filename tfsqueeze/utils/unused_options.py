"""Refuses options that a user names and that would be ignored."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tfsqueeze.utils.errors import UserError


def refuse_unused(named: Collection[str], unused: Iterable[tuple[str, str]]) -> None:
    """Refuses the first option that is named and would be ignored.

    Args:
        named: the names of the options that the user names.
        unused: the name of each option that would be ignored, and what it is for.

    Raises:
        UserError: there is one.

    Example:
        >>> refuse_unused(["threads"], [("level", "noises"), ("threads", ".tflite files")])
        Traceback (most recent call last):
        tfsqueeze.utils.errors.UserError: threads is for .tflite files; leave it out
    """
    for option, purpose in unused:
        if option in named:
            raise UserError(f"{option} is for {purpose}; leave it out")
