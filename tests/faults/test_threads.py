"""One predictor in eight threads gives each text its own answer."""

from __future__ import annotations

import pytest

from converters.conversion.runs import convert_run
from converters.inference.predictor import Predictor
from converters.runtime.interpreters import available_runtimes
from tests.converters.inference.test_threads import CALLS, THREADS, count_wrong_answers

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("runtime", available_runtimes())
def test_threads(tally, runtime, trained_run):
    faults = []
    for lengths in ((16,), (8, 16)):
        wrong = count_wrong_answers(Predictor.open(convert_run(trained_run, lengths), runtime))
        faults += [f"{lengths}: an answer of another text"] * wrong
    tally(f"threads: {THREADS} x {CALLS} calls, {runtime}", 2 * CALLS, faults)
