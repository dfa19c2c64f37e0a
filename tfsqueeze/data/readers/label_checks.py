"""Checks of the labels, tags and slots that files of examples hold."""

from __future__ import annotations

import unicodedata

from tfsqueeze.utils.errors import UserError

# What stands between two labels of a text.
LABEL_SEPARATOR = "|"
# What pandas, and so Hugging Face's `datasets`, read as a missing value and not as a text.
_MISSING = frozenset(
    "#N/A|#N/A N/A|#NA|-1.#IND|-1.#QNAN|-NaN|-nan|1.#IND|1.#QNAN|<NA>|N/A|NA|NULL|NaN|None|n/a|nan"
    "|null".split("|")
)


def check_label(label: str, location: str, kind: str = "label") -> str:
    """Returns a label without the spaces around it.

    Args:
        label: the label.
        location: the file and the line, for messages.
        kind: what messages call it: `label`, `tag` or `slot`.

    Raises:
        UserError: the label is empty, or holds a line break, another control character or half of
            a surrogate pair, which no file of labels can hold and no terminal can show.
    """
    label = label.strip()
    if not label:
        raise UserError(f"{location}: the {kind} is empty")
    for character in label:
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
            raise UserError(
                f"{location}: the {kind} {label[:40]!r} holds the character "
                f"U+{ord(character):04X}; remove it"
            )
    return label


def check_present(label: str, location: str) -> None:
    """Checks that a label does not stand for a missing one.

    Args:
        label: the label, without spaces around it.
        location: the file and the line, for messages.

    Raises:
        UserError: the label is a word such as `nan`, which pandas writes for a missing value.
    """
    if label in _MISSING:
        raise UserError(
            f"{location}: the label {label!r} stands for a missing one; remove the row, or read "
            "such words as labels with --keep-nan-labels (keep_nan_labels=True)"
        )
