"""A damaged .tflite file ends in an answer or in one sentence, whatever was changed in it."""

from __future__ import annotations

import pytest

from tests.faults.hostile_models import KINDS, run_batch

pytestmark = pytest.mark.faults
_FILES = 2000


@pytest.mark.parametrize("kind", KINDS)
def test_changed_models_answer_or_are_refused(kind, topics_model, tally):
    found = run_batch(kind, _FILES, seed=0, files=[topics_model])
    tally(f"hostile models: {kind}", found["tried"], found["faults"])
    # Changes that every check refuses, or none, would try little.
    assert min(found["answered"], found["refused"]) > _FILES // 20, found
