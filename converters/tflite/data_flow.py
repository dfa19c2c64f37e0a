"""Whether the operators of a graph compute each tensor before it is read, within the memory."""

from __future__ import annotations

from collections.abc import Iterable

from converters.tflite.tensor_checks import tensor_bytes
from converters.tflite.tflite_operators import DamagedGraphError, Graph, Operator

# At one time. The logits of 512 positions in a vocabulary of 250,000 take half of it.
_MAX_BYTES = 2**28
# In one run. BERT-large at 512 tokens takes an eighth.
_MAX_COMPUTED_BYTES = 2**36


def check_data_flow(graphs: Iterable[Graph]) -> None:
    """Checks the order of the operators, and what running them takes.

    Args:
        graphs: the subgraphs of a file.

    Raises:
        DamagedGraphError: an operator reads a tensor that nothing has computed yet, or computes one
            that is there already; or the tensors take more memory than any text model's.
    """
    needed = 0
    for graph in graphs:
        _check_order(graph)
        needed += _peak_bytes(graph)
        computed = sum(tensor_bytes(x) for operator in graph.operators for x in operator.outputs)
        if computed > _MAX_COMPUTED_BYTES:
            raise DamagedGraphError(f"one run computes {computed / 2**30:,.0f} GiB")
    if needed > _MAX_BYTES:
        raise DamagedGraphError(f"what it computes takes {needed / 2**20:,.0f} MiB of memory")


def _check_order(graph: Graph) -> None:
    for index in graph.inputs:
        if graph.tensors[index].is_constant:
            raise DamagedGraphError(f"the input, tensor {index}, is a constant")
    given = {
        tensor.index
        for tensor in graph.tensors
        if tensor.is_graph_input
        or tensor.is_constant
        or tensor.is_variable
        # A constant without any number has no bytes to tell it by.
        or not tensor.elements
    }
    for operator in graph.operators:
        for tensor in operator.inputs:
            # An operator of an accelerator takes its working memory as an operand.
            if tensor.index not in given and operator.is_plain:
                raise DamagedGraphError(
                    f"{_named(operator)} reads tensor {tensor.index}, which is not computed yet"
                )
        for tensor in operator.outputs:
            if tensor.index in given and tensor.elements or tensor.is_constant:
                raise DamagedGraphError(
                    f"{_named(operator)} computes tensor {tensor.index}, which is there already"
                )
            given.add(tensor.index)
    for index in graph.outputs:
        # A graph without a network stands for its inputs and outputs.
        if index not in given and graph.operators:
            raise DamagedGraphError(f"no operator computes the output, tensor {index}")


def _peak_bytes(graph: Graph) -> int:
    """The most memory that tensors take at one time, which runtimes keep until the last use."""
    last_uses = {index: len(graph.operators) for index in graph.outputs}
    for position, operator in enumerate(graph.operators):
        for tensor in operator.inputs:
            last_uses[tensor.index] = max(position, last_uses.get(tensor.index, 0))
    held = sum(tensor_bytes(graph.tensors[index]) for index in set(graph.inputs))
    peak = held
    freed: dict[int, int] = {}
    for position, operator in enumerate(graph.operators):
        for tensor in operator.outputs:
            size = tensor_bytes(tensor)
            held += size
            end = last_uses.get(tensor.index, position)
            freed[end] = freed.get(end, 0) + size
        peak = max(peak, held + _scratch_bytes(operator))
        held -= freed.pop(position, 0)
    return peak


def _scratch_bytes(operator: Operator) -> int:
    """The memory that kernels take beside the operands.

    A convolution of several positions copies what each output reads (im2col), a batched product
    transposes its operands.
    """
    if operator.name == "CONV_2D" and len(operator.inputs) > 1:
        weights, output = operator.inputs[1], operator.outputs[0]
        if len(weights.shape) == 4 and output.shape and weights.shape[1:3] != (1, 1):
            positions = output.elements // max(1, output.shape[-1])
            return positions * tensor_bytes(weights) // max(1, weights.shape[0])
    if operator.name == "BATCH_MATMUL":
        return sum(map(tensor_bytes, operator.inputs))
    return 0


def _named(operator: Operator) -> str:
    return f"operator {operator.index} ({operator.name})"
