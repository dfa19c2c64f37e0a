"""Predicts by the published rules what the Edge TPU compiler makes of a .tflite file."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from converters.targets.edgetpu.rules import (
    LATER_SUBGRAPH,
    NEWEST_RUNTIME,
    Placement,
    check_operator,
)
from converters.targets.target import CheckResult, OperatorRow
from converters.tflite.inspection import list_operators
from converters.tflite.tflite_file import Model
from converters.tflite.tflite_operators import Operator
from tfsqueeze.utils.errors import UserError

# Coral's data sheets: 4 TOPS of 8-bit operations, two for a multiply-accumulate; about 8 MB of
# on-chip memory; USB 3 (5 Gb/s with 8b/10b coding) or PCIe Gen2 x1 (the same rate).
PEAK_OPERATIONS_PER_SECOND = 4e12
CACHE_BYTES = 8 * 2**20
LINK_BYTES_PER_SECOND = 500e6
ASSUMPTION = (
    "a lower bound: every multiply-accumulate on the TPU at the peak of 4 TOPS, inputs, outputs "
    "and weights past 8 MiB over the link at 500 MB/s (USB 3 and PCIe Gen2 x1 alike), "
    "operators on the CPU not counted"
)


@dataclasses.dataclass(frozen=True)
class EdgeTpuOperatorRow(OperatorRow):
    """Where the Edge TPU compiler puts one operator.

    Attributes:
        status: the status in the compiler's words.
        is_supported: whether the compiler could map the operator by itself.
    """

    status: str
    is_supported: bool


@dataclasses.dataclass(frozen=True)
class TimeEstimate:
    """A lower bound of the time of one inference, by `ASSUMPTION`.

    Attributes:
        compute_seconds: time of the multiply-accumulates on the TPU.
        transfer_seconds: time to move inputs, outputs and weights over the link.
    """

    compute_seconds: float
    transfer_seconds: float

    @property
    def microseconds(self) -> float:
        """The sum of both, in microseconds."""
        return 1e6 * (self.compute_seconds + self.transfer_seconds)

    def to_dict(self) -> dict[str, Any]:
        """Returns the estimate as a JSON-able dict, in microseconds."""
        return {
            "microseconds": self.microseconds,
            "compute_microseconds": 1e6 * self.compute_seconds,
            "transfer_microseconds": 1e6 * self.transfer_seconds,
            "assumption": ASSUMPTION,
        }


@dataclasses.dataclass(frozen=True)
class EdgeTpuCheck(CheckResult):
    """A prediction of where the Edge TPU compiler puts the operators of a file.

    Attributes:
        operators: a row for each operator, in the order of the file.
        segments: number of subgraphs on the TPU, if the compiler made several.
        minimum_runtime: the oldest Edge TPU runtime that has all operators on the TPU; 0 for any.
        weight_bytes: size of the constants on the TPU.
        input_bytes: size of the inputs of the subgraph on the TPU.
        output_bytes: size of its outputs.
    """

    operators: tuple[EdgeTpuOperatorRow, ...]
    segments: int
    minimum_runtime: int
    weight_bytes: int
    input_bytes: int
    output_bytes: int

    @property
    def operator_share(self) -> float:
        """The share of the operators that run on the TPU, from 0 to 1."""
        return self.operators_on_device / len(self.operators) if self.operators else 0.0

    @property
    def subgraphs(self) -> int:
        """Number of subgraphs on the TPU: the compiler makes one at most by default."""
        return int(self.operators_on_device > 0)

    @property
    def streamed_bytes(self) -> int:
        """Size of the constants that do not fit the on-chip memory."""
        return max(0, self.weight_bytes - CACHE_BYTES)

    @property
    def estimate(self) -> TimeEstimate:
        """The least time of one inference."""
        moved = self.input_bytes + self.output_bytes + self.streamed_bytes
        return TimeEstimate(
            compute_seconds=2 * self.macs_on_device / PEAK_OPERATIONS_PER_SECOND,
            transfer_seconds=moved / LINK_BYTES_PER_SECOND,
        )

    def summary(self) -> dict[str, str]:
        """Returns lines to print, by their titles."""

        def mebibytes(count):
            return f"{count / 2**20:.2f} MiB"

        return {
            "operators on the TPU": f"{self.operators_on_device} of {len(self.operators)} "
            f"({100 * self.operator_share:.1f} %)",
            "multiply-accumulates on the TPU": f"{self.macs_on_device:,} of {self.macs:,} "
            f"({100 * self.mac_share:.1f} %)",
            "subgraphs": f"{self.subgraphs} ({self.segments} if the compiler made several)",
            "weights": f"{mebibytes(self.weight_bytes)} of {mebibytes(CACHE_BYTES)} on chip, "
            f"{mebibytes(self.streamed_bytes)} streamed",
            "least Edge TPU runtime": str(self.minimum_runtime or "any"),
            "estimated time": f"{self.estimate.microseconds:.0f} microseconds; {ASSUMPTION}",
        }

    def to_dict(self) -> dict[str, Any]:
        """Returns the prediction as a JSON-able dict."""
        return {
            "target": "edgetpu",
            "operators": [row.to_dict() for row in self.operators],
            "operators_on_tpu": self.operators_on_device,
            "operator_share": self.operator_share,
            "macs": self.macs,
            "macs_on_tpu": self.macs_on_device,
            "mac_share": self.mac_share,
            "subgraphs": self.subgraphs,
            "segments": self.segments,
            "minimum_runtime": self.minimum_runtime,
            "weight_bytes": self.weight_bytes,
            "streamed_bytes": self.streamed_bytes,
            "input_bytes": self.input_bytes,
            "output_bytes": self.output_bytes,
            "cache_bytes": CACHE_BYTES,
            "estimate": self.estimate.to_dict(),
            "summary": self.summary(),
        }


def check_edgetpu(model: Model, runtime: int = NEWEST_RUNTIME) -> EdgeTpuCheck:
    """Predicts where each operator of a .tflite file runs.

    The compiler makes one subgraph by default. The subgraph begins at the first operator that can
    be mapped and ends before the next that cannot, in the order of the file. The CPU runs the
    rest. (The order is that in which the file runs; a compiler that follows the data could only
    map more.)

    Args:
        model: the bytes or the path of a file with one subgraph.
        runtime: version of the Edge TPU runtime on the device.

    Returns:
        A row for each operator, sizes and an estimate of the time.

    Raises:
        UserError: the file is damaged or has several subgraphs.
    """
    operators = list_operators(model)
    if any(operator.subgraph for operator in operators):
        raise UserError(
            "the file has several subgraphs, and the Edge TPU compiler takes one; "
            "convert for a single length"
        )
    placements = [check_operator(operator, runtime) for operator in operators]
    first, end = _first_segment(placements)
    rows = tuple(
        _row(operator, placement, first <= index < end)
        for index, (operator, placement) in enumerate(zip(operators, placements, strict=True))
    )
    return EdgeTpuCheck(
        operators=rows,
        segments=_count_segments(placements),
        minimum_runtime=max((placement.runtime for placement in placements[first:end]), default=0),
        **_sizes(operators[first:end]),
    )


def _first_segment(placements: Sequence[Placement]) -> tuple[int, int]:
    """Returns the index of the first operator on the TPU and that after the last."""
    supported = [placement.is_supported for placement in placements]
    first = supported.index(True) if True in supported else len(supported)
    end = supported.index(False, first) if False in supported[first:] else len(supported)
    return first, end


def _count_segments(placements: Sequence[Placement]) -> int:
    supported = [False, *(placement.is_supported for placement in placements)]
    return sum(now and not before for before, now in zip(supported, supported[1:], strict=False))


def _row(operator: Operator, placement: Placement, is_mapped: bool) -> EdgeTpuOperatorRow:
    status, reason = placement.status, placement.reason
    if placement.is_supported and not is_mapped:
        status, reason = LATER_SUBGRAPH, "it follows an operator that runs on the CPU"
    return EdgeTpuOperatorRow.from_operator(
        operator,
        "TPU" if is_mapped else "CPU",
        reason,
        status=status,
        is_supported=placement.is_supported,
    )


def _sizes(mapped: Sequence[Operator]) -> dict[str, int]:
    """Returns the sizes in bytes of a subgraph's constants, inputs and outputs."""
    computed = {tensor.index for operator in mapped for tensor in operator.outputs}
    read = {tensor.index: tensor for operator in mapped for tensor in operator.inputs}
    return {
        "weight_bytes": sum(len(tensor.data) for tensor in read.values() if tensor.is_constant),
        "input_bytes": sum(
            tensor.elements
            for index, tensor in read.items()
            if not tensor.is_constant and index not in computed
        ),
        # Besides the graph's outputs, whatever no operator of the subgraph reads.
        "output_bytes": sum(
            tensor.elements
            for operator in mapped
            for tensor in operator.outputs
            if tensor.is_graph_output or tensor.index not in read
        ),
    }
