"""How each kind of peer's file is made; a function each, called in a process of its own.

TensorFlow and ONNX are imported inside, so that models can be listed without them.
"""

from __future__ import annotations

from benchmarks.peers.configs import PEERS
from benchmarks.squeezebert import keras_squeezebert


def build_tflite_peer(family: str, variant: str, length: int) -> bytes:
    """Converts a peer by the stock converter."""
    from benchmarks.peers.tflite import convert_classifier

    model, config = _keras_peer(family, length)
    return convert_classifier(model, length, config.vocab_size, variant)


def build_onnx_peer(family: str, form: str, quantization: str | None, length: int) -> bytes:
    """Makes an ONNX file of BERT or SqueezeBERT.

    form: for BERT `fused` or `plain` attention; for SqueezeBERT `conv`, `split` (with fused
        attention) or `split-plain`.
    quantization: None, `dynamic` or `static` by ONNX Runtime, or `nncf`.
    """
    from benchmarks.peers import onnx_encoders, onnx_quantize

    if family.startswith("bert"):
        model, config = _keras_peer(family, length)
        graph = onnx_encoders.bert_graph(
            config, onnx_encoders.keras_weights(model), length, fused_attention=form == "fused"
        )
    else:
        model = keras_squeezebert(family)
        config = model.config
        graph = onnx_encoders.squeezebert_graph(
            config,
            onnx_encoders.keras_weights(model),
            length,
            products=form.split("-")[0],
            fused_attention=form == "split",
        )
    if quantization == "dynamic":
        return onnx_quantize.quantize_dynamic(graph)
    if quantization == "static":
        return onnx_quantize.quantize_static(graph, length, config.vocab_size)
    if quantization == "nncf":
        from benchmarks.peers import nncf_quantize

        return nncf_quantize.quantize(graph, length, config.vocab_size)
    return graph.SerializeToString()


def build_ncnn_peer(preset: str, length: int) -> bytes:
    """Makes an ncnn model of a SqueezeBERT for texts without padding; see `peers.ncnn_convert`."""
    from benchmarks.peers import ncnn_convert, onnx_encoders

    model = keras_squeezebert(preset)
    graph = onnx_encoders.squeezebert_graph(
        model.config,
        onnx_encoders.keras_weights(model),
        length,
        products="split",
        fused_attention=False,
        finds_padding=False,
    )
    return ncnn_convert.convert(graph, length, model.config.vocab_size)


def _keras_peer(family, length):
    from benchmarks.peers.encoders import bert, randomize
    from benchmarks.peers.mobilebert import mobilebert

    config = PEERS[family]
    build = mobilebert if family == "mobilebert" else bert
    return randomize(build(config, length)), config


def build_operator(kind: str, sizes: tuple[int, ...], dtype: str) -> bytes:
    """Converts one operator; see `benchmarks.peers.operators`."""
    from benchmarks.peers.operators import convert_operator

    return convert_operator(kind, sizes, dtype)


def build_onnx_product(rows: int, inputs: int, outputs: int, dtype: str) -> bytes:
    """Makes one matrix product; see `benchmarks.peers.onnx_products`."""
    from benchmarks.peers.onnx_products import matrix_product

    return matrix_product(rows, inputs, outputs, dtype)
