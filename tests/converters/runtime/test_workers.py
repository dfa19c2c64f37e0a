"""Functions in processes of their own."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from converters.runtime.workers import run_in_workers
from tfsqueeze.utils.errors import UserError


def test_results_are_in_the_order_of_the_calls():
    assert run_in_workers(math.gcd, [(12, 18), (7, 5), (9, 6)]) == [6, 1, 3]


def test_a_process_that_ends_early_is_one_sentence():
    with pytest.raises(UserError, match="a process that ran the model ended before it had a"):
        run_in_workers(os.abort, [()])


def test_a_program_from_standard_input_is_one_sentence():
    program = """
import math
from converters.runtime.workers import run_in_workers
from tfsqueeze.utils.errors import UserError
try:
    run_in_workers(math.gcd, [(12, 18)])
except UserError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-"],
        input=program,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(__file__).resolve().parents[3],
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "a program that Python reads from standard input cannot start other processes; save it "
        "to a file, with its calls under `if __name__ == '__main__':`, and run that\n"
    )
