"""A stream of JSON is refused where it nests too deeply, wherever its pieces begin."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfsqueeze.data.readers import json_depth
from tfsqueeze.data.readers.json_depth import ShallowJson
from tfsqueeze.utils.errors import UserError

texts = st.text(st.sampled_from('[]{}"\\aé\n'), max_size=6)
values = st.recursive(
    st.none() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
)


def depth_of(value):
    if not isinstance(value, (list, dict)):
        return 0
    return 1 + max(map(depth_of, value.values() if isinstance(value, dict) else value), default=0)


def read_all(content, size):
    stream = ShallowJson(io.BytesIO(content), Path("train.json"))
    return b"".join(iter(lambda: stream.read(size), b""))


@given(values, st.booleans(), st.integers(1, 9))
def test_the_depth_is_that_of_the_value(value, ascii_only, size):
    content = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_depth, "MAX_DEPTH", depth_of(value))
        assert read_all(content, size) == content
        patch.setattr(json_depth, "MAX_DEPTH", depth_of(value) - 1)
        if depth_of(value):
            with pytest.raises(UserError, match="train.json nests lists and objects more than"):
                read_all(content, size)
