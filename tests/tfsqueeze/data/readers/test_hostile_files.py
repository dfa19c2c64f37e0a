"""Damaged files of every kind are read, or refused with one sentence."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults.hostile_data import mutated_inputs, read, write

KINDS = (
    "csv", "csv.gz", "tsv", "jsonl", "json array", "txt", "squad", "snips", "rte xml", "conll",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files(kind, tmp_path):
    inputs = mutated_inputs(random.Random(0), kind)
    outcomes = [read(kind, write(kind, next(inputs), tmp_path / "files")) for _ in range(150)]
    # Some of the changes do no harm.
    assert set(outcomes) == {True, False}


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(KINDS), st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_any_bytes(kind, content):
    with tempfile.TemporaryDirectory() as folder:
        read(kind, write(kind, content, Path(folder)))
