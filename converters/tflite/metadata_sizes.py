"""Whether the labels and the vocabulary that travel in a file are as many as its network needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from converters.tflite.flatbuffer import listed
from converters.tflite.model_metadata import ModelMetadata
from converters.tflite.plain_name import plain_name
from tfsqueeze.tasks import find_task
from tfsqueeze.utils.errors import UserError


def check_sizes(content: bytes, metadata: ModelMetadata, name: str) -> None:
    """Checks the numbers of labels, slots and tokens against the shapes of the network's tensors.

    Args:
        content: the bytes of a sound .tflite file.
        metadata: what travels in it.
        name: what an error message calls the file.

    Raises:
        UserError: there are more or fewer than the network needs, or the task is unknown.
    """
    from ai_edge_litert import schema_py_generated as schema

    model = schema.Model.GetRootAs(content)
    subgraph = model.Subgraphs(0)
    found = {
        "labels": len(metadata.labels),
        "slots": len(metadata.slots),
        "vocabulary": len(metadata.vocabulary),
    }
    outputs = find_task(metadata.task).outputs
    tensors = [subgraph.Tensors(index) for index in listed(subgraph.OutputsAsNumpy())]
    for tensor in tensors:
        # A single output is the task's, whatever another converter named it.
        output = outputs.get(plain_name(tensor.Name()) if len(outputs) > 1 else next(iter(outputs)))
        if output is None or output.class_names is None:
            continue
        classes, count = output.class_names, int(listed(tensor.ShapeAsNumpy())[-1])
        if found[classes] != count:
            raise UserError(
                f"{name} is damaged: it has {found[classes]:,} {classes} for {count:,} logits; "
                "copy or convert it again"
            )
    for rows in _embedding_rows(model, subgraph, schema):
        if found["vocabulary"] != rows:
            raise UserError(
                f"{name} is damaged: its vocabulary has {found['vocabulary']:,} tokens, and its "
                f"network embeddings for {rows:,}; copy or convert it again"
            )


def _embedding_rows(model: Any, subgraph: Any, schema: Any) -> Iterator[int]:
    """Yields the number of rows of each table that token ids choose from."""
    ids = {
        index
        for index in listed(subgraph.InputsAsNumpy())
        if plain_name(subgraph.Tensors(index).Name()) == "input_ids"
    }
    gather = schema.BuiltinOperator.GATHER
    codes = [model.OperatorCodes(index) for index in range(model.OperatorCodesLength())]
    kinds = {i for i, code in enumerate(codes) if code.BuiltinCode() == gather}
    for index in range(subgraph.OperatorsLength()):
        operator = subgraph.Operators(index)
        inputs = listed(operator.InputsAsNumpy())
        if operator.OpcodeIndex() in kinds and len(inputs) == 2 and inputs[1] in ids:
            yield int(listed(subgraph.Tensors(inputs[0]).ShapeAsNumpy())[0])
