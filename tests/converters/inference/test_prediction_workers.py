"""Predictions of several processes are those of one, in the order of the rows."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from converters.inference.prediction_workers import predict_in_workers, predict_rows
from converters.inference.predictor import Predictor
from converters.tflite.metadata import pack_metadata
from tfsqueeze.utils.errors import UserError

REPOSITORY = Path(__file__).resolve().parents[3]
WORDS = ["good", "bad", "films", "the", "was", "unheard", ""]
ROWS = [(" ".join(words),) for words in itertools.product(WORDS, repeat=3)]


def probability(row, prediction):
    assert (prediction.text,) == row
    return prediction.probability, prediction.label


def end_at_films(row, prediction):
    """Stands for a runtime that crashes on a text."""
    if "films" in row[0]:
        os.abort()


def refuse_films(row, prediction):
    if "films" in row[0]:
        raise UserError(f"no films: {row[0]}")
    return row[0]


@pytest.fixture(scope="module")
def model(int8_model, metadata, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "sentiment.tflite"
    path.write_bytes(pack_metadata(int8_model, **metadata))
    return path


def blocks_of(rows, size):
    return (rows[start : start + size] for start in range(0, len(rows), size))


def test_results_are_those_of_one_process_in_the_order_of_the_rows(model):
    expected = predict_rows(Predictor.open(model), ROWS, probability)
    assert len(set(expected)) > 3
    found = list(predict_in_workers(model, blocks_of(ROWS, 100), probability, workers=2))
    assert [len(part) for part in found] == [100, 100, 100, 43]
    assert list(itertools.chain(*found)) == expected


def test_a_stream_without_end_is_read_as_results_are_taken(model):
    read = itertools.count()

    def endless():
        for row in itertools.cycle(ROWS):
            next(read)
            yield [row] * 500

    results = predict_in_workers(model, endless(), probability, workers=2)
    for _ in range(3):
        assert len(next(results)) == 500
    results.close()
    # Three blocks were taken, and no more than 2 x 1024 rows and one block wait.
    assert next(read) <= 3 + 5


def test_the_rows_before_a_refused_one_have_results(model):
    rows = [("good",)] * 40 + [("good films and more",), ("bad",), ("films",)]
    results = predict_in_workers(model, [rows], refuse_films, workers=2)
    assert next(results) == ["good"] * 40
    with pytest.raises(UserError, match="no films: good films and more"):
        next(results)


def test_a_process_that_crashes_is_one_sentence(model):
    results = predict_in_workers(model, [[("good",), ("films",)]], end_at_films, workers=2)
    with pytest.raises(UserError, match="a process that ran the model ended before"):
        list(results)


def test_processes_end_with_one_that_is_killed(model):
    code = (
        "import multiprocessing, sys, time\n"
        "from converters.inference.prediction_workers import predict_in_workers\n"
        "from tests.converters.inference.test_prediction_workers import probability\n"
        "def blocks():\n"
        "    while True:\n"
        "        yield [('good',)]\n"
        "        time.sleep(0.1)\n"
        "if __name__ == '__main__':\n"
        "    for _ in predict_in_workers(sys.argv[1], blocks(), probability, workers=2):\n"
        "        print(*(child.pid for child in multiprocessing.active_children()), flush=True)\n"
    )
    script = model.parent / "endless.py"
    script.write_text(code)
    process = subprocess.Popen(
        [sys.executable, script, model],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    children = [int(number) for number in process.stdout.readline().split()]
    assert children
    process.send_signal(signal.SIGKILL)
    process.wait(60)
    deadline = time.monotonic() + 60
    while any(map(is_running, children)):
        assert time.monotonic() < deadline, "a process goes on without the one that started it"
        time.sleep(0.1)


def is_running(process):
    try:
        # A process that ended and that nobody waited for has no command line.
        return bool(Path(f"/proc/{process}/cmdline").read_bytes())
    except (FileNotFoundError, ProcessLookupError):
        return False
