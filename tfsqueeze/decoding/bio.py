"""Spans of words as B-, I- and O tags."""

from __future__ import annotations

from collections.abc import Sequence

from tfsqueeze.utils.errors import UserError


def repair_bio(tags: Sequence[str]) -> list[str]:
    """Returns the tags with a B- in place of each I- that continues no span of its type.

    The CoNLL evaluation script reads tags in the same way. The repair also turns IOB1 tags into
    IOB2 (Tjong Kim Sang and Veenstra, "Representing Text Chunks", EACL 1999).

    Args:
        tags: the tag of each word of a sentence.

    Raises:
        UserError: a tag is neither O nor B- or I- with a type.

    Example:
        >>> repair_bio(["I-city", "I-city", "O"])
        ['B-city', 'I-city', 'O']
    """
    repaired, previous = [], None
    for index, tag in enumerate(tags):
        kind = tag_type(tag, index)
        begins = tag[0] == "I" and kind != previous
        repaired.append(f"B-{kind}" if begins else tag)
        previous = kind
    return repaired


def bio_spans(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """Returns the spans of the tags, in order.

    An I- that continues no span of its type begins one, as in `repair_bio`.

    Args:
        tags: the tag of each word of a sentence.

    Returns:
        For each span the index of its first word, the index after its last word, and its type.

    Raises:
        UserError: a tag is neither O nor B- or I- with a type.

    Example:
        >>> bio_spans(["O", "B-city", "I-city", "B-date"])
        [(1, 3, 'city'), (3, 4, 'date')]
    """
    spans: list[tuple[int, int, str]] = []
    for index, tag in enumerate(repair_bio(tags)):
        if tag[0] == "B":
            spans.append((index, index + 1, tag[2:]))
        elif tag[0] == "I":
            start, _, kind = spans[-1]
            spans[-1] = (start, index + 1, kind)
    return spans


def tag_type(tag: str, index: int) -> str | None:
    """Returns the type of the spans that a tag is a part of, or None for O.

    Args:
        tag: the tag of a word.
        index: the index of the word in its sentence, from 0, for messages.

    Raises:
        UserError: the tag is neither O nor B- or I- with a type.
    """
    if tag == "O":
        return None
    if tag[:2] in ("B-", "I-") and len(tag) > 2:
        return tag[2:]
    raise UserError(f"the tag {tag!r} (word {index + 1}) is neither O nor B- or I- with a type")
