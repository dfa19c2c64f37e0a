"""Threads share a predictor, and each text gets the answer that it gets alone."""

from __future__ import annotations

import multiprocessing
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from converters.conversion.runs import convert_run
from converters.inference.predictor import Predictor
from converters.runtime.interpreters import available_runtimes
from tests.conftest import WORDS
from tfsqueeze.utils.errors import UserError

THREADS, CALLS = 8, 240


@pytest.fixture(scope="module")
def files(topics_model, trained_run):
    return {"one length": topics_model.read_bytes(), "lengths": convert_run(trained_run, [8, 16])}


def count_wrong_answers(predictor):
    """Asks a predictor from many threads, and counts the answers that are another text's."""
    draw = random.Random(0)
    words = [word for group in WORDS.values() for word in group]
    texts = [" ".join(draw.choices(words, k=draw.randint(1, 12))) for _ in range(200)]
    expected = {prediction.text: prediction for prediction in predictor.predict(texts)}
    assert len({prediction.probability for prediction in expected.values()}) > 20

    def wrong(call):
        part = [texts[(call * 13 + row) % len(texts)] for row in range(5)]
        return sum(found != expected[found.text] for found in predictor.predict(part))

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(wrong, range(CALLS)))


@pytest.mark.parametrize("runtime", available_runtimes())
@pytest.mark.parametrize("name", ["one length", "lengths"])
def test_every_answer_is_that_of_its_text(name, runtime, files):
    assert count_wrong_answers(Predictor.open(files[name], runtime)) == 0


def _predict_in_child(predictor, queue):
    try:
        predictor.predict(["the cat"])
    except UserError as error:
        queue.put(str(error))


def test_a_forked_process_says_that_it_must_open_the_file_again(files):
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    predictor = Predictor.open(files["one length"])
    child = context.Process(target=_predict_in_child, args=(predictor, queue))
    child.start()
    assert "open the file again there" in queue.get(timeout=60)
    child.join(10)
    assert child.exitcode == 0
