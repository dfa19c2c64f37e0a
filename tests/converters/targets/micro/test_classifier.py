"""From logits to labels and probabilities in C."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest

from tests.converters.targets.micro.conftest import SANITIZERS
from tfsqueeze.tokenizers.tokenizer_settings import SPECIAL_TOKENS
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer

LABELS = ["a label of many words " * 4, 'with "quotes"', "d\\e??/f", "naïve\n", "7", "\x013"]
SCALE, ZERO_POINT = 0.0731, -17


@pytest.fixture(scope="module")
def folder(write_sources):
    tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, "a"], max_length=4)
    return write_sources(tokenizer, LABELS, SCALE, ZERO_POINT)


def check(program):
    logits = np.random.default_rng(0).integers(-128, 128, (500, len(LABELS)))
    logits[:2] = [[3] * 6, [-128, 127, 127, -128, -128, -128]]
    labels, values, probabilities = program.classify(logits)
    real = SCALE * (logits - ZERO_POINT)
    exponentials = np.exp(real - real.max(axis=1, keepdims=True))
    np.testing.assert_array_equal(labels, logits.argmax(axis=1))
    np.testing.assert_allclose(values, real, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(
        probabilities, exponentials / exponentials.sum(1, keepdims=True), rtol=2e-6
    )


def test_labels_and_probabilities(folder, host_program):
    check(host_program(folder, 4, SANITIZERS))


@pytest.mark.micro
def test_labels_and_probabilities_on_a_cortex_m(folder, cortex_m_program):
    check(cortex_m_program(folder, 4))


def test_labels_are_the_users(folder, tmp_path, compile_sources):
    program = tmp_path / "labels.c"
    program.write_text(
        '#include <stdio.h>\n#include "classifier.h"\n'
        "int main(void) { for (int i = 0; i < CLASSIFIER_LABELS; i++) "
        "fwrite(classifier_labels[i], 1, __builtin_strlen(classifier_labels[i]) + 1,"
        " stdout); return 0; }\n"
    )
    printed = subprocess.run(
        [compile_sources("gcc", folder, [], [program])], capture_output=True, check=True
    ).stdout
    assert printed.decode("utf-8").split("\0")[:-1] == LABELS
