"""Spans of words as B-, I- and O tags."""

from __future__ import annotations

from collections.abc import Sequence

from tfsqueeze.utils.errors import UserError


def repair_bio(tags: Sequence[str]) -> list[str]:
    """The tags with each I- that continues no span of its type as the B- of a new one.

    So the CoNLL evaluation script reads them, and IOB1 tags become IOB2 (Tjong Kim Sang and
    Veenstra, "Representing Text Chunks", EACL 1999).

    Raises:
        UserError: a tag is neither O nor B- or I- with a type.
    """
    repaired, before = [], None
    for place, tag in enumerate(tags):
        kind = tag_type(tag, place)
        starts = tag[0] == "I" and kind != before
        repaired.append(f"B-{kind}" if starts else tag)
        before = kind
    return repaired


def bio_spans(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """The spans of the tags as (first word, word after the last, type), in order.

    An I- that continues no span of its type begins one, as in `repair_bio`.

    Raises:
        UserError: a tag is neither O nor B- or I- with a type.
    """
    found: list[tuple[int, int, str]] = []
    for place, tag in enumerate(repair_bio(tags)):
        if tag[0] == "B":
            found.append((place, place + 1, tag[2:]))
        elif tag[0] == "I":
            start, _, kind = found[-1]
            found[-1] = (start, place + 1, kind)
    return found


def tag_type(tag: str, place: int) -> str | None:
    """The type of a tag's spans, None of O. place: of the tag among others, from 0.

    Raises:
        UserError: the tag is neither O nor B- or I- with a type.
    """
    if tag == "O":
        return None
    if tag[:2] in ("B-", "I-") and len(tag) > 2:
        return tag[2:]
    raise UserError(f"the tag {tag!r} (word {place + 1}) is neither O nor B- or I- with a type")
