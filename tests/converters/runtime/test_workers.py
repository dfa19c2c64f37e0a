"""Functions in processes of their own."""

from __future__ import annotations

import math
import os

import pytest

from converters.runtime.workers import run_in_workers
from tfsqueeze.utils.errors import UserError


def test_results_are_in_the_order_of_the_calls():
    assert run_in_workers(math.gcd, [(12, 18), (7, 5), (9, 6)]) == [6, 1, 3]


def test_a_process_that_ends_early_is_one_sentence():
    with pytest.raises(UserError, match="a process that ran the model ended before it had a"):
        run_in_workers(os.abort, [()])
