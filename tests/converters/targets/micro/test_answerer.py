"""From logits of starts and ends to the answer in C."""

from __future__ import annotations

import numpy as np
import pytest

from converters.tflite.tflite_operators import Tensor
from tests.converters.targets.micro.conftest import SANITIZERS
from tfsqueeze.decoding.answer_spans import AnswerSearch
from tfsqueeze.tasks.question_answering import QuestionAnswering
from tfsqueeze.tokenizers.tokenizer_settings import SPECIAL_TOKENS
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer

LENGTH = 12
TOKENIZER = WordPieceTokenizer([*SPECIAL_TOKENS, "a"], max_length=LENGTH)
# Scale and zero point of start and end.
QUANTIZATION = {"start_logits": (0.0731, -17), "end_logits": (0.11, 40)}
OFFSETS = np.array([(-1, -1), *((i, i + 1) for i in range(LENGTH - 1))])


def values(name, logits):
    scale, zero_point = QUANTIZATION[name]
    return np.float32(scale) * (logits.astype(np.float32) - np.float32(zero_point))


EACH_DECODING = pytest.mark.parametrize(
    ("classes", "threshold", "temperature"),
    [(["answer"], 0.0, 1.0), (["answer", "no answer"], 1.37, 1.0), (["answer", "no answer"], 0, 3)],
)


@pytest.fixture
def task(threshold, temperature):
    return QuestionAnswering(threshold, temperature)


@pytest.fixture
def folder(classes, task, write_sources):
    tensors = {
        name: Tensor(0, name, "int8", (1, LENGTH), (scale,), zero_point, False, False, True)
        for name, (scale, zero_point) in QUANTIZATION.items()
    }
    return write_sources(TOKENIZER, classes, task=task, tensors=tensors)


def check(program, task, classes):
    draw = np.random.default_rng(0)
    logits = np.concatenate(
        [
            draw.integers(low, high, (500, 2, LENGTH))
            for low, high in ((-128, 128), (-3, 4), (5, 7), (-128, -127))
        ]
    )
    # The first token is [CLS].
    logits[::3, :, 0] += draw.integers(0, 60, (len(logits[::3]), 2))
    logits = logits.clip(-128, 127)
    found = program.decode(
        logits.reshape(len(logits), -1), [("place", "<i4", 3), ("probability", "<f4")]
    )
    without_answer = 0
    for (starts, ends), (place, probability) in zip(logits, found, strict=True):
        search = AnswerSearch()
        for first, second in ((starts, ends), (ends, starts)):
            search.add_window(values("start_logits", first), values("end_logits", second), OFFSETS)
        span, expected = search.candidates().choose(
            task.threshold_for({"answers": classes}), task.temperature
        )
        if span is None:
            assert place[0] == 0
            without_answer += 1
        else:
            assert place.tolist() == [1, span.start, span.end]
        assert probability == pytest.approx(expected, rel=2e-5, abs=1e-9)
    assert (without_answer > 50) == (len(classes) > 1)


@EACH_DECODING
def test_answers_are_those_of_python(classes, task, folder, host_program):
    """Also where sums are equal, which int8 logits often have."""
    check(host_program(folder, LENGTH, SANITIZERS, task.name), task, classes)


@pytest.mark.micro
@EACH_DECODING
def test_answers_on_a_cortex_m_are_those_of_python(classes, task, folder, cortex_m_program):
    check(cortex_m_program(folder, LENGTH, task.name), task, classes)


@pytest.mark.micro
@EACH_DECODING
def test_answers_survive_fuzzing(folder, fuzz):
    fuzz(folder, "fuzz_answerer.c")
