"""Whether what travels in a file fits its network: names, lengths, labels and vocabulary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from converters.tflite.model_metadata import ModelMetadata
from converters.tflite.plain_name import plain_name
from converters.tflite.signature_names import signature_length
from converters.tflite.tflite_operators import Graph, Signature, Tensor
from tfsqueeze.tasks import find_task
from tfsqueeze.tasks.outputs import Output
from tfsqueeze.utils.errors import UserError

_IDS = "input_ids"


def check_sizes(graphs: Sequence[Graph], metadata: ModelMetadata, name: str) -> None:
    """Checks the task, the labels, slots and tokens against the tensors of the network.

    Args:
        graphs: the subgraphs of the file.
        metadata: what travels in it.
        name: what an error message calls the file.

    Raises:
        UserError: an input, output or length is not what the task needs; there are more or fewer
            labels, slots or tokens than the network needs; what predictions are decoded with is
            missing; or the task is unknown.
    """
    task = find_task(metadata.task)
    for fault in _faults(graphs, metadata, task.outputs):
        raise UserError(f"{name} is damaged: {fault}; copy or convert it again")
    try:
        task.with_decoding(metadata.decoding, metadata.labels)
    except UserError as error:
        raise UserError(f"{name} is damaged: {error}; copy or convert it again") from None


def _faults(
    graphs: Sequence[Graph], metadata: ModelMetadata, outputs: Mapping[str, Output]
) -> Iterator[str]:
    longest = 0
    for graph in graphs:
        inputs = _named(graph, graph.inputs)
        ids = inputs.get(_IDS)
        if ids is None or len(ids.shape) != 2 or len(inputs) < len(graph.inputs):
            shapes = ", ".join(
                f"{plain_name(graph.tensors[index].name)} {list(graph.tensors[index].shape)}"
                for index in graph.inputs
            )
            yield f"its inputs are {shapes or 'none'}, and a text needs one {_IDS} [1, length]"
            return
        length = ids.shape[1]
        yield from _signature_faults(graph, length, len(graphs))
        longest = longest or length
        if length > longest:
            yield f"it has {length} tokens after {longest}, and the longest comes first"
        yield from _output_faults(graph, ids, metadata, outputs)
        yield from _vocabulary_faults(graph, ids, len(metadata.vocabulary))


def _signature_faults(graph: Graph, length: int, num_graphs: int) -> Iterator[str]:
    signature = graph.signature
    stated = signature and signature_length(signature.key)
    if signature and stated is not None:
        if stated != length or not _is_named_alike(graph, signature):
            yield f"its signature {signature.key!r} is not that of its graph of {length} tokens"
    elif num_graphs > 1:
        yield f"its graph of {length} tokens has no signature that says so"


def _output_faults(
    graph: Graph, ids: Tensor, metadata: ModelMetadata, outputs: Mapping[str, Output]
) -> Iterator[str]:
    results = _named(graph, graph.outputs)
    if len(outputs) == 1 and len(graph.outputs) == 1:
        # A single output is the task's, whatever another converter named it.
        results = dict(zip(outputs, results.values(), strict=True))
    if results.keys() != outputs.keys() or len(graph.outputs) != len(outputs):
        yield (
            f"its outputs are {', '.join(sorted(results)) or 'none'}, and those of a "
            f"{metadata.task} are {', '.join(outputs)}"
        )
        return
    num_classes = {
        "labels": len(metadata.labels),
        "slots": len(metadata.slots),
        "vocabulary": len(metadata.vocabulary),
    }
    num_texts, length = ids.shape
    for output, tensor in results.items():
        channels = tensor.shape[-1] if tensor.shape else 0
        classes = outputs[output].class_names
        if classes is not None and num_classes[classes] != channels:
            yield f"it has {num_classes[classes]:,} {classes} for {channels:,} logits"
        expected = (num_texts, *outputs[output].device_shape(length, channels))
        if tensor.shape != expected:
            yield f"its {output} have the shape {list(tensor.shape)}, not {list(expected)}"


def _vocabulary_faults(graph: Graph, ids: Tensor, num_tokens: int) -> Iterator[str]:
    for rows in _embedding_rows(graph, ids):
        if num_tokens != rows:
            yield (
                f"its vocabulary has {num_tokens:,} tokens, and its network embeddings for {rows:,}"
            )


def _is_named_alike(graph: Graph, signature: Signature) -> bool:
    """Whether a signature gives the inputs and outputs the names that their tensors have."""
    inputs, outputs = _named(graph, graph.inputs), _named(graph, graph.outputs)
    return signature.inputs == {name: tensor.index for name, tensor in inputs.items()} and (
        signature.outputs == {name: tensor.index for name, tensor in outputs.items()}
        # The name of a single output tells nothing.
        or [*signature.outputs.values()] == [*graph.outputs]
        and len(graph.outputs) == 1
    )


def _named(graph: Graph, indices: Sequence[int]) -> dict[str, Tensor]:
    return {plain_name(graph.tensors[index].name): graph.tensors[index] for index in indices}


def _embedding_rows(graph: Graph, ids: Tensor) -> Iterator[int]:
    """Yields the number of rows of each table that token ids choose from."""
    for operator in graph.operators:
        if operator.name == "GATHER" and operator.inputs[1].index == ids.index:
            yield operator.inputs[0].shape[0]
