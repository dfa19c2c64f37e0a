"""Any value that a JSON file can hold in place of the one that is expected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

_TYPICAL = (
    0, 1, -1, 2**31, 10**30, 1e308, "", "0", "x", "\ud800", "a\nb", "attention", "[PAD]", "a" * 500,
)  # fmt: skip
_leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(_TYPICAL)
)
json_values = st.recursive(
    _leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=4) | st.sampled_from("0123"), inner, max_size=4)
    ),
    max_leaves=6,
)


def write_changed(path: Path, fields: dict[str, Any], name: str, value: Any) -> Path:
    """Writes an object to a file, with one field changed; returns the path."""
    path.write_text(json.dumps({**fields, name: value}), "utf-8")
    return path
