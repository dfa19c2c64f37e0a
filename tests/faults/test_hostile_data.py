"""Damaged data, checkpoints and runs are read, or refused in one sentence."""

from __future__ import annotations

import random

import pytest

from tests.faults.hostile_data import KINDS, mutated_inputs, read, write

pytestmark = pytest.mark.faults
_FILES = 2000


@pytest.mark.parametrize("kind", KINDS)
def test_changed_files_are_read_or_refused(kind, tmp_path, tally):
    contents = mutated_inputs(random.Random(kind), kind)
    faults, accepted = [], 0
    for number in range(_FILES):
        content = next(contents)
        try:
            accepted += read(kind, write(kind, content, tmp_path / "files"))
        except Exception as error:
            reason = " ".join(str(error).split())[:200]
            faults.append(f"{kind}, file {number}: {type(error).__name__}: {reason}")
    tally(f"hostile data: {kind}", _FILES, faults)
    # Changes that all readers refuse, or none, would try little.
    assert _FILES // 50 < accepted < _FILES - _FILES // 50
