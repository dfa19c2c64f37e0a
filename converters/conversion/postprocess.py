"""The last passes over what TensorFlow's converter wrote."""

from __future__ import annotations

from ai_edge_litert import schema_py_generated as schema

from converters.conversion.depthwise_pass import use_depthwise_convolutions
from converters.tflite.flatbuffer import serialize_model


def postprocess(content: bytes) -> bytes:
    """Returns a converter's .tflite content ready for runtimes: with depthwise convolutions where
    there are some, short tensor names, outputs named as the model names them, and zero points
    written once."""
    model = schema.ModelT.InitFromPackedBuf(content)
    use_depthwise_convolutions(model)
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            tensor.name = _short(tensor.name)
    for signature in model.signatureDefs or ():
        tensors = model.subgraphs[signature.subgraphIndex].tensors
        for output in signature.outputs:
            tensors[output.tensorIndex].name = output.name
    return serialize_model(model, len(content))


def _short(name: bytes) -> bytes:
    """A tensor is named after all ops that were fused into the one that makes it, and each after
    the model; the first op's place within the model says enough."""
    first = name.split(b";")[0]
    return first.partition(b"/")[2] or first
