"""From a logit to a number in C, bit by bit as in Python."""

from __future__ import annotations

import numpy as np
import pytest

from converters.runtime.interpreters import TensorDetails
from tests.converters.targets.micro.conftest import SANITIZERS
from tfsqueeze.tasks import REGRESSION
from tfsqueeze.tasks.encodings import Encodings
from tfsqueeze.tokenizers.tokenizer_settings import SPECIAL_TOKENS
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer

SCALE, ZERO_POINT = 0.0271, 40


@pytest.fixture(scope="module", params=[(1000.25, 31.7), (-3e-7, 2e-9), (1.6e12, 5e300)], ids=str)
def task(request):
    mean, scale = request.param
    return REGRESSION.with_decoding({"mean": mean, "scale": scale}, [])


@pytest.fixture(scope="module")
def folder(write_sources, task):
    tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, "a"], max_length=4)
    return write_sources(tokenizer, [], SCALE, ZERO_POINT, task)


def check(program, task):
    logits = np.arange(-128, 128)[:, None]
    numbers, texts = program.tell(logits)
    details = TensorDetails("logits", np.dtype(np.int8), (1, 1), SCALE, ZERO_POINT)
    real = {"logits": details.dequantize(logits)}
    assert numbers == task.decode(real, Encodings({}), {"logits": []})["logits"]
    assert texts == [f"{number:.6g}" for number in numbers]
    assert len(set(numbers)) == 256


def test_numbers_and_texts(folder, task, host_program):
    check(host_program(folder, 4, SANITIZERS, task.name), task)


@pytest.mark.micro
def test_numbers_and_texts_on_a_cortex_m(folder, task, cortex_m_program):
    check(cortex_m_program(folder, 4, task.name), task)
