"""Graphs that read what is not computed, or take more memory than a text model."""

from __future__ import annotations

import dataclasses

import pytest

from converters.tflite import data_flow
from converters.tflite.data_flow import check_data_flow
from converters.tflite.tflite_operators import DamagedGraphError, Graph, Operator, Tensor


def tensor(index, *shape, dtype="int8", constant=False, given=False, **fields):
    return Tensor(index, f"t{index}", dtype, shape, (0.1,), 0, constant, given, False, **fields)


IDS, TABLE = tensor(0, 1, 8, given=True), tensor(1, 8, 4, constant=True)
ROWS, FLAT, LOGITS = tensor(2, 1, 8, 4), tensor(3, 1, 32), tensor(4, 1, 3)
TENSORS = (IDS, TABLE, ROWS, FLAT, LOGITS)
OPERATORS = (
    Operator(0, "GATHER", (TABLE, IDS), (ROWS,)),
    Operator(1, "RESHAPE", (ROWS,), (FLAT,)),
    Operator(2, "FULLY_CONNECTED", (FLAT, TABLE), (LOGITS,)),
)
GOOD = Graph(TENSORS, OPERATORS, inputs=(0,), outputs=(4,))


def with_operator(index, **fields):
    operators = list(OPERATORS)
    operators[index] = dataclasses.replace(operators[index], **fields)
    return dataclasses.replace(GOOD, operators=tuple(operators))


def test_what_is_computed_in_order_passes():
    check_data_flow([GOOD, GOOD])
    # A graph without a network, an accelerator's working memory, and a variable.
    check_data_flow([dataclasses.replace(GOOD, operators=())])
    check_data_flow([with_operator(1, inputs=(ROWS, tensor(9, 64)), is_plain=False)])
    kept = tensor(5, 64, is_variable=True)
    reading = with_operator(1, inputs=(ROWS, kept))
    check_data_flow([dataclasses.replace(reading, tensors=(*TENSORS, kept))])


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (dataclasses.replace(GOOD, operators=OPERATORS[::-1]),
         r"operator 2 \(FULLY_CONNECTED\) reads tensor 3, which is not computed yet"),
        (with_operator(1, inputs=(FLAT,)), "reads tensor 3, which is not computed yet"),
        (with_operator(1, outputs=(ROWS,)), r"\(RESHAPE\) computes tensor 2, which is there"),
        (with_operator(1, outputs=(TABLE,)), "computes tensor 1, which is there"),
        (with_operator(1, outputs=(IDS,)), "computes tensor 0, which is there"),
        (with_operator(1, outputs=(FLAT, FLAT)), "computes tensor 3, which is there"),
        (dataclasses.replace(GOOD, operators=OPERATORS[:2]),
         "no operator computes the output, tensor 4"),
        (dataclasses.replace(GOOD, inputs=(1,)), "the input, tensor 1, is a constant"),
    ],
)  # fmt: skip
def test_every_tensor_is_computed_once_and_before_it_is_read(graph, message):
    with pytest.raises(DamagedGraphError, match=message):
        check_data_flow([graph])


def chain(count, size):
    """Tensors of a size, each computed from the one before."""
    tensors = [tensor(index, size, given=not index) for index in range(count + 1)]
    operators = [
        Operator(index, "TANH", (tensors[index],), (tensors[index + 1],)) for index in range(count)
    ]
    return Graph(tuple(tensors), tuple(operators), inputs=(0,), outputs=(count,))


def test_only_what_is_kept_at_one_time_takes_memory():
    # The input stays, and each operator has its own input and output.
    assert data_flow._peak_bytes(chain(50, 100)) == 300
    check_data_flow([chain(50, 2**26)])
    with pytest.raises(DamagedGraphError, match="what it computes takes 384 MiB of memory"):
        check_data_flow([chain(50, 2**27)])
    with pytest.raises(DamagedGraphError, match="one run computes 80 GiB"):
        check_data_flow([chain(1280, 2**26)])


def test_the_graphs_of_several_lengths_are_kept_side_by_side():
    with pytest.raises(DamagedGraphError, match="takes 384 MiB"):
        check_data_flow([chain(2, 2**26), chain(2, 2**26)])


def test_what_a_convolution_copies_counts():
    data, weights = tensor(0, 1, 1, 2**20, 8, given=True), tensor(1, 8, 1, 64, 8, constant=True)
    output = tensor(2, 1, 1, 2**20, 8)
    operator = Operator(0, "CONV_2D", (data, weights), (output,))
    with pytest.raises(DamagedGraphError, match="takes 528 MiB"):
        check_data_flow([Graph((data, weights, output), (operator,), (0,), (2,))])
