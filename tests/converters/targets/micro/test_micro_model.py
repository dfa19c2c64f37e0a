"""Products are FULLY_CONNECTED for TensorFlow Lite Micro, and compute what CONV_2D does."""

from __future__ import annotations

import numpy as np
import pytest

from converters.conversion.keras_to_tflite import convert_int8
from converters.runtime.interpreters import available_runtimes
from converters.runtime.workers import run_in_workers
from converters.targets.micro.micro_model import micro_model
from converters.targets.micro.micro_verification import MICRO, quantized_outputs
from converters.tflite.inspection import list_operators

LENGTH = 16


@pytest.fixture(scope="module")
def models(trained_run):
    converted = convert_int8(trained_run.qat_model, LENGTH)
    return converted, micro_model(converted)


def test_products_of_several_filters_are_fully_connected(models):
    before, after = map(list_operators, models)
    filters = {operator.outputs[0].name: operator.outputs[0].shape[-1] for operator in before}
    kept = [x.outputs[0].name for x in after if x.name == "CONV_2D"]
    assert kept and {filters[name] for name in kept} == {1}
    changed = [x.outputs[0].name for x in after if x.name == "FULLY_CONNECTED"]
    assert len(changed) > 10
    assert sorted(kept + changed) == sorted(
        operator.outputs[0].name for operator in before if operator.name == "CONV_2D"
    )


@pytest.mark.micro
def test_it_computes_the_bits_of_the_converted_file(models, trained_run):
    converted, model = models
    random = np.random.default_rng(0)
    ids = random.integers(0, trained_run.config.vocab_size, (20, LENGTH), np.int32)
    runtimes = available_runtimes()
    outputs, *references = run_in_workers(
        quantized_outputs,
        [
            (model, {"input_ids": ids}, MICRO, 1 << 20),
            *((converted, {"input_ids": ids}, runtime, 0) for runtime in runtimes),
        ],
    )
    assert len(np.unique(outputs["logits"])) > 10
    for reference in references:
        np.testing.assert_array_equal(outputs["logits"], reference["logits"])
