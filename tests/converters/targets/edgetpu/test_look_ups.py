"""Look-ups and body compute the same as the file that they were made of, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from converters.runtime.interpreters import available_runtimes, open_model
from converters.targets.edgetpu.edgetpu_target import split_for_edgetpu
from converters.targets.edgetpu.look_ups import split_look_ups
from converters.tflite.inspection import list_operators, require_int8
from tfsqueeze.utils.errors import UserError


@pytest.mark.parametrize("runtime", available_runtimes())
@pytest.mark.parametrize("name", ["convolutional_file", "hybrid_file"])
def test_host_and_body_compute_what_the_file_computes(request, ids, name, runtime):
    content = request.getfixturevalue(name)
    body, look_ups = split_for_edgetpu(content)
    whole, part = open_model(content, runtime), open_model(body, runtime)
    outputs = set()
    for row in ids:
        expected = whole.run(row[None])
        np.testing.assert_array_equal(
            part.run({look_up.name: look_up(row) for look_up in look_ups}), expected
        )
        outputs.add(expected.tobytes())
    assert len(outputs) > 1


def test_the_body_is_int8_of_static_rows(convolutional_file):
    body, look_ups = split_look_ups(convolutional_file)
    operators = require_int8(body, allow_float_output=False)
    assert "GATHER" not in {operator.name for operator in operators}
    details = {detail.name: detail for detail in open_model(body).input_details}
    assert set(details) == {"embeddings", "token_mask", "pooling_bias"}
    assert details["embeddings"].shape == (1, 1, 16, 128)
    for look_up in look_ups:
        assert look_up.table.dtype == np.int8 and look_up.source == "input_ids"
        assert look_up.shape == details[look_up.name].shape
    # The tables are the host's alone.
    assert len(body) < len(convolutional_file) - look_ups[-1].table.size


def test_what_runs_early_keeps_its_order(hybrid_file):
    body, _ = split_for_edgetpu(hybrid_file)
    made = set()
    for operator in list_operators(body):
        for tensor in operator.inputs:
            assert tensor.is_constant or tensor.is_graph_input or tensor.index in made
        made |= {tensor.index for tensor in operator.outputs}


def test_ids_that_are_not_looked_up_are_refused(masked_model):
    with pytest.raises(UserError, match="other than a look-up reads the model's ids"):
        split_look_ups(masked_model)
