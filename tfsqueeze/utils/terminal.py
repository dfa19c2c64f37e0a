"""Texts of users, made safe for a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""Returns a text without what a terminal would act on, such as escape sequences.

    Args:
        text: any text.

    Returns:
        The text, with U+FFFD in place of each character that is neither printable nor a line break.

    Example:
        >>> printable("\x1b[31mred")
        '�[31mred'
    """
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in text)
