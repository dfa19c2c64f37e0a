"""Lines of text as the inputs of predictions, and predictions as rows of JSON."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

# The inputs of one prediction: a text, or the two texts of a pair or of a question.
Row = tuple[str, ...]


def decode_line(line: bytes) -> str:
    r"""Returns the text of a line; bytes that are not UTF-8 become U+FFFD.

    Args:
        line: the bytes of the line, without its line feed.

    Example:
        >>> decode_line(b"one line\r")
        'one line'
    """
    return line.decode("utf-8", "replace").removesuffix("\r")


def pair_of_line(line: str) -> tuple[str, str] | None:
    r"""Returns the two texts of a line with a tab, or a JSON object's question and context.

    Args:
        line: the line; without a tab its second text is empty.

    Returns:
        The two texts; None for a JSON object without them, or a damaged one.

    Example:
        >>> pair_of_line("who?\tAda"), pair_of_line('{"question": "who?", "context": "Ada"}')
        (('who?', 'Ada'), ('who?', 'Ada'))
    """
    if line.startswith("{"):
        try:
            # A string may hold a raw tab, which strict JSON does not allow.
            fields = json.loads(line, strict=False)
        except (ValueError, RecursionError):
            # Not JSON: two texts with a tab, if the first is not the start of an object.
            if "\t" not in line or '"question"' in line:
                return None
        else:
            pair = fields.get("question"), fields.get("context")
            return pair if all(isinstance(text, str) for text in pair) else None
    first, _, second = line.partition("\t")
    return first, second


def prediction_fields(prediction: Any, top_k: int) -> dict[str, Any]:
    """Returns a prediction of any task as JSON-able fields.

    Args:
        prediction: what a predictor's `predict` returned for an input.
        top_k: the number of candidates of an answer to keep.
    """
    fields = dataclasses.asdict(prediction)
    if "candidates" in fields:
        fields["candidates"] = fields["candidates"][:top_k]
    return fields
