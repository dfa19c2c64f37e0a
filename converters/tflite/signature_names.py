"""The names of the signatures of .tflite files: of several lengths, and of the Task Library."""

from __future__ import annotations

import re

# The only output of a classifier for the Task Library (`converters.tflite.task_library`), whose
# reader finds it by this name: probabilities in place of logits.
PROBABILITY = "probability"

_KEY = re.compile(r"length_(\d{1,9})")


def signature_key(max_length: int) -> str:
    """Returns the name of the signature for texts of up to `max_length` tokens."""
    return f"length_{max_length}"


def signature_length(key: str) -> int | None:
    """Returns the length that a signature's name tells, or None for a name that tells none."""
    match = _KEY.fullmatch(key)
    return int(match[1]) if match else None
