"""The names that datasets usually give the columns of texts, second texts and labels."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from tfsqueeze.utils.errors import UserError

TEXT, LABEL, LANGUAGE = "text", "label", "lang"
# The codes of languages, such as `en`, `de` and `pt-br`.
LANGUAGE_CODE = re.compile(r"[a-z]{2,3}(-[a-z]{2,8})?")
# The names of columns of pairs in datasets of GLUE, of the Hugging Face hub and of this project.
_PAIRS = {
    "sentence1": "sentence2",
    "sentence_a": "sentence_b",
    "text1": "text2",
    "question1": "question2",
    "premise": "hypothesis",
    "question": "sentence",
    "query": "passage",
    "anchor": "positive",
}
_OTHER_TEXTS = ("text_pair", "other")
# Other names of a column, by the name that commands and functions have as default.
_USUAL = {
    TEXT: (
        *_PAIRS,
        *("sentence", "utterance", "review", "content", "message", "comment"),
    ),
    LABEL: (
        *("labels", "intent", "category", "class", "sentiment", "score", "similarity_score"),
        *("rating", "stars", "target"),
    ),
    LANGUAGE: ("language",),
}


def find_column(names: Iterable[str], name: str) -> str | None:
    """Returns the name of a column as a file has it, whatever its case.

    Args:
        names: the names of the columns of the file.
        name: the name that is asked for. For `text` and `label` the file may have another usual
            name.

    Returns:
        The name; None if there is no such column, or several.

    Example:
        >>> find_column(["Text", "intent"], "text"), find_column(["Text", "intent"], "label")
        ('Text', 'intent')
    """
    names = list(names)
    if name in names:
        return name
    for wanted in (name, *_USUAL.get(name, ())):
        alike = [found for found in names if found.casefold() == wanted.casefold()]
        if alike:
            return alike[0] if len(alike) == 1 else None
    return None


def check_distinct(names: Iterable[str], location: str) -> None:
    """Checks that no two columns of a table have one name.

    Args:
        names: the names of the columns.
        location: the file, or the file and the line, for messages.

    Raises:
        UserError: two have.
    """
    repeated = sorted(name for name, count in Counter(names).items() if count > 1)
    if repeated:
        raise UserError(f"{location}: the column {repeated[0][:40]!r} is there more than once")


def find_pair_column(names: Iterable[str], text_column: str = TEXT) -> str | None:
    """Returns the column of second texts by its usual name, or None.

    Args:
        names: the names of the columns of the file.
        text_column: the name of the column of texts.

    Example:
        >>> find_pair_column(["premise", "hypothesis", "label"])
        'hypothesis'
    """
    names = list(names)
    first = find_column(names, text_column)
    if first is None:
        return None
    second = _PAIRS.get(first.casefold())
    wanted = _OTHER_TEXTS if second is None else (second, *_OTHER_TEXTS)
    return next((found for name in wanted if (found := find_column(names, name))), None)


def names_both(names: Iterable[str]) -> bool:
    """Returns whether names are those of a column of texts and of one of labels."""
    names = list(names)
    return find_column(names, TEXT) is not None and find_column(names, LABEL) is not None
