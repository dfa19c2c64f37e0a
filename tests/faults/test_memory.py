"""`predict` takes no more memory for many lines, or for a long one, than for one word."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest

from converters.conversion.runs import convert_run
from tests.conftest import REPOSITORY
from tfsqueeze.data.datasets.question_dataset import (
    AnnotatedAnswer,
    QuestionDataset,
    QuestionDatasetSplits,
)
from tfsqueeze.data.datasets.token_dataset import TokenDataset, TokenDatasetSplits
from tfsqueeze.tasks import QUESTION_ANSWERING, TOKEN_CLASSIFICATION
from tfsqueeze.training.train_task import train_task

pytestmark = pytest.mark.faults

LINES = 100_000
# In MB. The bounds are those of the command, Python and the runtime included.
MAX_GROWTH, MAX_PEAK = 200, 300
_LONG_TEXTS = {
    "words": b"the cat and the rain. " * 480_000,
    "one word": b"a" * 10_500_000,
    "Chinese": "\u6771\u4eac".encode() * 1_700_000,
    "Hangul": "\uac00".encode() * 3_400_000,
    "accents": "e\u0301".encode() * 3_400_000,
    "emoji": "\U0001f600".encode() * 2_600_000,
    "control characters": b"\x01" * 10_500_000,
}
# `resource.getrusage` counts the memory of the parent too, until the new program begins.
_PROGRAM = """
import pathlib, sys
from tfsqueeze.cli.main import app
try:
    app()
finally:
    status = pathlib.Path("/proc/self/status").read_text()
    sys.stderr.write(status.split("VmHWM:")[1].split()[0])
"""


@pytest.fixture(scope="module")
def peak_of(tmp_path_factory):
    """A function that returns the peak memory in MB of `predict` for standard input."""
    if not Path("/proc/self/status").exists():
        pytest.skip("the peak of a process's memory is read from Linux's /proc")
    file = tmp_path_factory.mktemp("memory") / "input.txt"

    def measure(model, content, *options):
        file.write_bytes(content)
        with file.open("rb") as lines:
            result = subprocess.run(
                [sys.executable, "-c", _PROGRAM, "predict", str(model), *options],
                stdin=lines,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                check=True,
                env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            )
        return int(result.stderr) / 1024

    return measure


@pytest.fixture(scope="module")
def models(topics_model, one_layer_options, tmp_path_factory):
    """Files for three tasks, which read a text in different ways."""
    folder = tmp_path_factory.mktemp("models")
    options = dataclasses.replace(one_layer_options, epochs=1, max_length=24)
    words = TokenDataset(
        "places",
        [["to", "Paris"], ["in", "Rome", "now"]] * 8,
        [["O", "B-LOC"], ["O", "B-LOC", "O"]] * 8,
    )
    count = 16
    questions = QuestionDataset(
        "places",
        ["where?"] * count,
        ["it is in Paris now"] * count,
        [[AnnotatedAnswer("Paris", 9)]] * count,
        list(map(str, range(count))),
        list(range(count)),
    )
    found = {"text-classification": topics_model}
    for task, splits in (
        (TOKEN_CLASSIFICATION, TokenDatasetSplits(words, words)),
        (QUESTION_ANSWERING, QuestionDatasetSplits(questions, questions)),
    ):
        run = train_task(folder / task.name, task, splits, options)
        found[task.name] = folder / f"{task.name}.tflite"
        found[task.name].write_bytes(convert_run(run))
    return found


@pytest.mark.parametrize(
    ("task", "options"), [("text-classification", ()), ("token-classification", ("--json",))]
)
def test_many_lines(task, options, models, peak_of, tally, report):
    line = b"the cat and the rain in Paris\n"
    one, many = (peak_of(models[task], line * count, *options) for count in (1, LINES))
    report(f"predict, {task}: {one:.0f} MB for a line, {many:.0f} MB for {LINES:,} lines")
    faults = [] if many < one + MAX_GROWTH else [f"{many:.0f} MB, {one:.0f} MB for one line"]
    tally(f"memory: {task}, {LINES:,} lines", 1, faults)


@pytest.mark.parametrize("task", ["text-classification", "token-classification"])
def test_a_long_text(task, models, peak_of, tally, report):
    peaks = {name: peak_of(models[task], text, "--json") for name, text in _LONG_TEXTS.items()}
    shown = [f"{name} {peak:.0f} MB" for name, peak in peaks.items()]
    report(f"predict, {task}, 10 MB of: " + ", ".join(shown))
    faults = [text for text, peak in zip(shown, peaks.values(), strict=True) if peak >= MAX_PEAK]
    tally(f"memory: {task}, a text of 10 MB", len(peaks), faults)


def test_a_long_context_and_a_long_question(models, peak_of, tally, report):
    text = _LONG_TEXTS["words"]
    peaks = [
        peak_of(models["question-answering"], line, "--json")
        for line in (b"where?\t" + text, text + b"\tin Paris")
    ]
    report("predict, question-answering, 10 MB: {:.0f} MB, {:.0f} MB".format(*peaks))
    faults = [f"{peak:.0f} MB" for peak in peaks if peak >= MAX_PEAK]
    tally("memory: question-answering, a context or a question of 10 MB", len(peaks), faults)
