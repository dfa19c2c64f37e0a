"""What the Edge TPU compiler will make of a .tflite file: a prediction from the published rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from converters.targets.edgetpu.rules import (
    LATER_SUBGRAPH,
    NEWEST_RUNTIME,
    Placement,
    check_operator,
)
from converters.tflite.inspection import Operator, list_operators
from converters.tflite.operator_macs import count_operator_macs
from converters.tflite.tflite_file import Model
from tfsqueeze.utils.errors import UserError

# Coral's data sheets: 4 TOPS of 8-bit operations, two to a multiply-accumulate; about 8 MB of
# on-chip memory; USB 3 (5 Gb/s with 8b/10b coding) or PCIe Gen2 x1 (the same rate).
PEAK_OPERATIONS_PER_SECOND = 4e12
CACHE_BYTES = 8 * 2**20
LINK_BYTES_PER_SECOND = 500e6
ASSUMPTION = (
    "a lower bound: every multiply-accumulate on the TPU at the peak of 4 TOPS, inputs, outputs "
    "and weights past 8 MiB over the link at 500 MB/s (USB 3 and PCIe Gen2 x1 alike), "
    "operators on the CPU not counted"
)


def check_edgetpu(model: Model, runtime: int = NEWEST_RUNTIME) -> dict[str, Any]:
    """Predicts where each operator of a .tflite file will run.

    The compiler makes one subgraph by default: it begins at the first operator that can be mapped
    and ends before the next that cannot, in the file's order; the rest runs on the CPU. (The order
    is that in which the file runs; a compiler that follows the data could only map more.)

    model: a file with one subgraph, its bytes or a path.
    runtime: version of the Edge TPU runtime on the device.

    Returns JSON-able facts: `operators`, each with `index`, `name`, `output` (the tensor's name),
    `shape`, `placement` (TPU or CPU), `status` in the compiler's words, `reason`, `is_supported`
    (whether the operator itself could be mapped) and `macs`; counts and shares (fractions) of
    operators and multiply-accumulates on the TPU; `subgraphs`; `segments`, the subgraphs there
    would be if the compiler made several; `minimum_runtime`; bytes of weights, of cache, streamed,
    in and out; and `estimate` with its `assumption`.

    Raises UserError where the file is damaged or has several subgraphs.
    """
    operators = list_operators(model)
    if any(operator.subgraph for operator in operators):
        raise UserError(
            "the file has several subgraphs, and the Edge TPU compiler takes one; "
            "convert for a single length"
        )
    verdicts = [check_operator(operator, runtime) for operator in operators]
    first, end = _first_segment(verdicts)
    rows = [
        _row(operator, verdict, first <= index < end)
        for index, (operator, verdict) in enumerate(zip(operators, verdicts, strict=True))
    ]
    mapped, total = end - first, len(operators)
    macs = sum(row["macs"] for row in rows)
    macs_on_tpu = sum(row["macs"] for row in rows[first:end])
    sizes = _sizes(operators[first:end])
    return {
        "target": "edgetpu",
        "operators": rows,
        "operators_on_tpu": mapped,
        "operator_share": mapped / total if total else 0.0,
        "macs": macs,
        "macs_on_tpu": macs_on_tpu,
        "mac_share": macs_on_tpu / macs if macs else 0.0,
        "subgraphs": int(mapped > 0),
        "segments": _segments(verdicts),
        "minimum_runtime": max((v.runtime for v in verdicts[first:end]), default=0),
        **sizes,
        "cache_bytes": CACHE_BYTES,
        "estimate": _estimate(macs_on_tpu, sizes),
    }


def _first_segment(verdicts: Sequence[Placement]) -> tuple[int, int]:
    supported = [verdict.is_supported for verdict in verdicts]
    first = supported.index(True) if True in supported else len(supported)
    end = supported.index(False, first) if False in supported[first:] else len(supported)
    return first, end


def _segments(verdicts: Sequence[Placement]) -> int:
    supported = [False, *(verdict.is_supported for verdict in verdicts)]
    return sum(now and not before for before, now in zip(supported, supported[1:], strict=False))


def _row(operator: Operator, verdict: Placement, is_mapped: bool) -> dict[str, Any]:
    status, reason = verdict.status, verdict.reason
    if verdict.is_supported and not is_mapped:
        status, reason = LATER_SUBGRAPH, "it follows an operator that runs on the CPU"
    output = operator.outputs[0]
    return {
        "index": operator.index,
        "name": operator.name,
        "output": output.name,
        "shape": list(output.shape),
        "placement": "TPU" if is_mapped else "CPU",
        "status": status,
        "reason": reason,
        "is_supported": verdict.is_supported,
        "macs": count_operator_macs(operator),
        "inputs": [tensor.index for tensor in operator.inputs if not tensor.is_constant],
        "outputs": [tensor.index for tensor in operator.outputs],
    }


def _sizes(mapped: Sequence[Operator]) -> dict[str, int]:
    """Bytes of what the subgraph holds, takes in and gives out."""
    made = {tensor.index for operator in mapped for tensor in operator.outputs}
    read = {tensor.index: tensor for operator in mapped for tensor in operator.inputs}
    constants = sum(len(tensor.data) for tensor in read.values() if tensor.is_constant)
    taken = sum(
        tensor.elements
        for index, tensor in read.items()
        if not tensor.is_constant and index not in made
    )
    # What the subgraph gives out: graph outputs, and whatever no operator in it reads.
    given = sum(
        tensor.elements
        for operator in mapped
        for tensor in operator.outputs
        if tensor.is_graph_output or tensor.index not in read
    )
    return {
        "weight_bytes": constants,
        "streamed_bytes": max(0, constants - CACHE_BYTES),
        "input_bytes": taken,
        "output_bytes": given,
    }


def _estimate(macs: int, sizes: dict[str, int]) -> dict[str, Any]:
    compute = 2 * macs / PEAK_OPERATIONS_PER_SECOND
    moved = sizes["input_bytes"] + sizes["output_bytes"] + sizes["streamed_bytes"]
    transfer = moved / LINK_BYTES_PER_SECOND
    return {
        "microseconds": 1e6 * (compute + transfer),
        "compute_microseconds": 1e6 * compute,
        "transfer_microseconds": 1e6 * transfer,
        "assumption": ASSUMPTION,
    }
