"""The passes over every model that TensorFlow's converter writes."""

from __future__ import annotations

from ai_edge_litert import schema_py_generated as schema

from converters.conversion.depthwise_pass import use_depthwise_convolutions
from converters.conversion.product_scale_pass import widen_scales_of_products
from converters.conversion.shared_constants_pass import share_constants


def postprocess(model: schema.ModelT) -> None:
    """Makes a converter's model ready for runtimes, in place.

    Convolutions become depthwise where they can, results of products get scales that XNNPACK can
    round to, equal constants are held once, tensors get short names, and outputs the names that the
    Keras model has for them.

    Args:
        model: an unpacked model, as TensorFlow's converter wrote it.
    """
    use_depthwise_convolutions(model)
    widen_scales_of_products(model)
    share_constants(model)
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            tensor.name = _short_name(tensor.name)
    for signature in model.signatureDefs or ():
        tensors = model.subgraphs[signature.subgraphIndex].tensors
        for output in signature.outputs:
            tensors[output.tensorIndex].name = output.name


def _short_name(name: bytes) -> bytes:
    """The name of the first op within the model, which says enough.

    The converter names a tensor after all ops that were fused into the one that makes it, and
    each of them after the model.
    """
    first = name.split(b";")[0]
    return first.partition(b"/")[2] or first
