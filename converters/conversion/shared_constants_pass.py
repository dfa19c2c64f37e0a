"""A pass over a .tflite model: equal constants have one buffer."""

from __future__ import annotations

from ai_edge_litert import schema_py_generated as schema


def share_constants(model: schema.ModelT) -> None:
    """Gives tensors with the same constant bytes the same buffer, in place.

    The table of word embeddings and the weights of a decoder that is tied to it have other shapes
    and the same bytes. Buffers that no tensor has any more become empty.

    Args:
        model: an unpacked model.
    """
    first: dict[bytes, int] = {}
    variables = {
        tensor.buffer for graph in model.subgraphs for tensor in graph.tensors if tensor.isVariable
    }
    used = {entry.buffer for entry in model.metadata or ()}
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            data = model.buffers[tensor.buffer].data
            if data is not None and len(data) and tensor.buffer not in variables:
                tensor.buffer = first.setdefault(bytes(data), tensor.buffer)
            used.add(tensor.buffer)
    for index, buffer in enumerate(model.buffers):
        if index not in used:
            buffer.data = None
