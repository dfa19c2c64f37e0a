"""From logits to any number of labels in C, bit by bit as in Python."""

from __future__ import annotations

import numpy as np
import pytest

from converters.runtime.interpreters import TensorDetails
from tests.converters.targets.micro.conftest import SANITIZERS
from tfsqueeze.tasks import MULTI_LABEL_CLASSIFICATION
from tfsqueeze.tasks.encodings import Encodings
from tfsqueeze.tasks.outputs import sigmoid
from tfsqueeze.tokenizers.tokenizer_settings import SPECIAL_TOKENS
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer

LABELS = ["on a step", "half", "below", "above", "never", "always"]
SCALE, ZERO_POINT = 0.0731, -17
DETAILS = TensorDetails("logits", np.dtype(np.int8), (1, len(LABELS)), SCALE, ZERO_POINT)
NEVER, ALWAYS = 1 - 1e-9, 1e-9


def probability(logit: float) -> float:
    return float(sigmoid(DETAILS.dequantize(np.array([logit])))[0])


# The first, as training may choose it, is the very probability of logit 20, by another formula.
ON_A_STEP = 1 / (1 + np.exp(-DETAILS.dequantize(np.array([20])).astype(np.float64)))[0]
THRESHOLDS = [float(ON_A_STEP), 0.5, probability(20.4), probability(19.6), NEVER, ALWAYS]


@pytest.fixture(scope="module")
def task():
    return MULTI_LABEL_CLASSIFICATION.with_decoding({"thresholds": THRESHOLDS}, LABELS)


@pytest.fixture(scope="module")
def folder(write_sources, task):
    tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, "a"], max_length=4)
    return write_sources(tokenizer, LABELS, SCALE, ZERO_POINT, task)


def check(program, task):
    logits = np.repeat(np.arange(-128, 128)[:, None], len(LABELS), axis=1)
    draw = np.random.default_rng(0)
    logits = np.concatenate([logits, draw.integers(-128, 128, (500, len(LABELS)))])
    has_label, values, probabilities = program.choose(logits)
    real = DETAILS.dequantize(logits)
    decoded = task.decode({"logits": real}, Encodings({}), {"logits": LABELS})["logits"]
    for row, found in zip(has_label, decoded, strict=True):
        assert [name for name, has in zip(LABELS, row, strict=True) if has] == found.labels
    expected = np.array([found.probabilities for found in decoded], np.float32)
    np.testing.assert_array_equal(probabilities, expected)
    np.testing.assert_allclose(values, real, rtol=1e-6)
    firsts = [int(column.argmax()) - 128 for column in has_label[:256].T]
    assert firsts == [20, ZERO_POINT, 21, 20, -128, -128]
    assert not has_label[:, 4].any() and has_label[:, 5].all()


def test_labels_and_probabilities(folder, task, host_program):
    check(host_program(folder, 4, SANITIZERS, task.name), task)


@pytest.mark.micro
def test_labels_and_probabilities_on_a_cortex_m(folder, task, cortex_m_program):
    check(cortex_m_program(folder, 4, task.name), task)
