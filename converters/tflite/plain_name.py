"""The names of a network's inputs and outputs, without what the converter adds to them."""

from __future__ import annotations


def plain_name(name: str | bytes | None) -> str:
    """Returns the name that a model gives an input or output.

    Args:
        name: the tensor's name in the file, as text or as the schema's objects hold it.

    Example:
        >>> plain_name(b"serving_default_input_ids:0")
        'input_ids'
    """
    text = (name or b"").decode("utf-8", "replace") if not isinstance(name, str) else name
    return text.removeprefix("serving_default_").split(":")[0]
