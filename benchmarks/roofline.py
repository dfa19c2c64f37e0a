"""The least time that a machine's limits allow a whole .tflite file (a roofline)."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np

from converters.tflite.inspection import list_operators
from converters.tflite.operator_macs import count_operator_macs
from converters.tflite.tflite_operators import Operator

# They need not touch the data: a runtime may see the same bytes with another shape.
_FREE = {"RESHAPE", "EXPAND_DIMS", "SQUEEZE"}


def roofline_milliseconds(
    path: str | os.PathLike, best_gmacs_per_second: Mapping[str, float], gigabytes_per_second: float
) -> float:
    """Returns the least time that the operators of a file can take.

    For each operator it is the longer of two times: its multiply-accumulates at the best rate of
    its dtype, and the bytes that it reads and writes at the bandwidth (Williams et al. 2009,
    "Roofline: an insightful visual performance model").

    Of a table that is looked up, only the rows count that are read. Of a file with several
    subgraphs the first counts.

    best_gmacs_per_second: by `float32` and `int8`, 10^9 multiply-accumulates per second.
    gigabytes_per_second: 10^9 bytes per second, read and written.
    """
    seconds = 0.0
    for operator in list_operators(path):
        if operator.subgraph == 0 and operator.name not in _FREE:
            rate = best_gmacs_per_second[_dtype(operator)]
            seconds += (
                max(count_operator_macs(operator) / rate, _bytes(operator) / gigabytes_per_second)
                / 1e9
            )
    return 1e3 * seconds


def _dtype(operator: Operator) -> str:
    """What the products are of: of int8 where the weights are, also in a dynamic-range file."""
    return "int8" if any(x.dtype == "int8" for x in operator.inputs) else "float32"


def _bytes(operator: Operator) -> int:
    inputs = operator.outputs if operator.name == "GATHER" else operator.inputs
    return sum(x.elements * np.dtype(x.dtype).itemsize for x in (*inputs, *operator.outputs))
