"""What layers remember of each other while a graph is traced for a runtime."""

import numpy as np
import pytest
import tensorflow as tf

from tfsqueeze.layers import GroupedConvolution, export_form
from tfsqueeze.layers.export_form import is_exporting, join_groups, split_groups


def operators(function, channels=8):
    """The TensorFlow ops that a traced function runs, by type."""
    graph = tf.function(function).get_concrete_function(tf.TensorSpec((1, 1, 5, channels))).graph
    used, pending = set(), [output.op for output in graph.outputs]
    while pending:
        op = pending.pop()
        if op not in used:
            used.add(op)
            pending += [tensor.op for tensor in op.inputs]
    return [op.type for op in used]


def test_the_profile_is_known_inside_only():
    assert not is_exporting()
    with export_form("mobile"):
        assert is_exporting() and is_exporting("mobile") and not is_exporting("int8")
    assert not is_exporting()


def test_groups_go_on_without_a_concat_between():
    first, second = GroupedConvolution(12, 4, "relu"), GroupedConvolution(8, 4)

    def export(x):
        with export_form():
            return second(first(x))

    export(tf.zeros((1, 1, 5, 8)))
    found = operators(export)
    # One split at the start, one concat at the end.
    assert found.count("Split") == 1 and found.count("ConcatV2") == 1
    assert found.count("Conv2D") == 8
    x = np.random.default_rng(0).normal(size=(1, 1, 5, 8)).astype("float32")
    np.testing.assert_allclose(export(x)[:, 0], second(first(x[:, 0])), atol=1e-5)


def test_other_groups_are_split_anew():
    first, second = GroupedConvolution(12, 4), GroupedConvolution(8, 2)

    def export(x):
        with export_form():
            return second(first(x))

    export(tf.zeros((1, 1, 5, 8)))
    assert operators(export).count("Split") == 2


def test_readers_of_one_tensor_share_its_split():
    def export(x):
        with export_form():
            return [piece for _ in range(3) for piece in split_groups(x, 4)]

    assert operators(export).count("Split") == 1


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_joining_undoes_splitting(groups):
    x = np.arange(24, dtype="float32").reshape(1, 3, 8)
    np.testing.assert_array_equal(join_groups(split_groups(tf.constant(x), groups)), x)
