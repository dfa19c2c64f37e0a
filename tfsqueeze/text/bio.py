"""Spans of words as B-, I- and O tags."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tfsqueeze.errors import UserError


def repair_bio(tags: Sequence[str]) -> list[str]:
    """The tags with each I- that continues no span of its type as the B- of a new one.

    So the CoNLL evaluation script reads them, and IOB1 tags become IOB2 (Tjong Kim Sang and
    Veenstra, "Representing Text Chunks", EACL 1999).

    Raises:
        UserError: a tag is neither O nor B- or I- with a type.
    """
    repaired, before = [], None
    for place, tag in enumerate(tags):
        kind = _type(tag, place)
        starts = tag[0] == "I" and kind != before
        repaired.append(f"B-{kind}" if starts else tag)
        before = kind
    return repaired


def spans(tags: Sequence[str]) -> list[tuple[int, int, str]]:
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


def tags_of(found: Iterable[tuple[int, int, str]], words: int) -> list[str]:
    """The B-, I- and O tags of `words` words with these spans: the inverse of `spans`.

    Raises:
        UserError: a span is empty, outside the words, or over another.
    """
    tags = ["O"] * words
    for start, end, kind in found:
        if not 0 <= start < end <= words or tags[start:end] != ["O"] * (end - start):
            raise UserError(
                f"the span {start} to {end} ({kind}) is empty, outside the {words} words or over "
                "another"
            )
        tags[start:end] = [f"B-{kind}"] + [f"I-{kind}"] * (end - start - 1)
    return tags


def _type(tag: str, place: int) -> str | None:
    if tag == "O":
        return None
    if tag[:2] in ("B-", "I-") and len(tag) > 2:
        return tag[2:]
    raise UserError(f"the tag {tag!r} (word {place + 1}) is neither O nor B- or I- with a type")
