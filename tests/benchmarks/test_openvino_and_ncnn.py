"""The peers for OpenVINO and ncnn compute what the Keras model does."""

from __future__ import annotations

import importlib.util
import zipfile

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="needs the extra `bench`")

from benchmarks.harness import Candidate, measure  # noqa: E402
from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig  # noqa: E402

LENGTH, VOCAB_SIZE = 12, 60


@pytest.fixture(scope="module")
def squeezebert():
    """A small SqueezeBERT with weights large enough to tell errors."""
    from benchmarks.peers.encoders import randomize
    from tfsqueeze.models.squeezebert import SqueezeBertForSequenceClassification

    config = SqueezeBertConfig(
        vocab_size=VOCAB_SIZE,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=16,
    )
    model = randomize(SqueezeBertForSequenceClassification(config, input_names=("input_ids",)))
    for weight in model.weights:
        weight.assign(weight * (1.0 if "gamma" in weight.name else 10.0))
    return model


def _graph(model, **options):
    from benchmarks.peers.onnx_encoders import keras_weights, squeezebert_graph

    return squeezebert_graph(
        model.config, keras_weights(model), LENGTH, fused_attention=False, **options
    )


def _ids(*, padded: bool) -> np.ndarray:
    ids = np.random.default_rng(0).integers(1, VOCAB_SIZE, (1, LENGTH)).astype(np.int32)
    if padded:
        ids[0, 7:] = 0
    return ids


@pytest.mark.parametrize("products", ["conv", "split"])
@pytest.mark.parametrize(("quantized", "tolerance"), [(False, 1e-4), (True, 0.25)])
def test_openvino_has_the_keras_models_logits(
    squeezebert, tmp_path, products, quantized, tolerance
) -> None:
    openvino = pytest.importorskip("openvino", reason="needs the extra `bench`")
    graph = _graph(squeezebert, products=products)
    content = graph.SerializeToString()
    if quantized:
        pytest.importorskip("nncf", reason="needs the extra `bench`")
        from benchmarks.peers.nncf_quantize import quantize

        content = quantize(graph, LENGTH, VOCAB_SIZE)
        constants = onnx.load_from_string(content).graph.initializer
        assert any(one.data_type == onnx.TensorProto.INT8 for one in constants)
    path = tmp_path / "model.openvino.onnx"
    path.write_bytes(content)
    ids = _ids(padded=True)
    (logits,) = openvino.Core().compile_model(path, "CPU")([ids]).values()
    expected = squeezebert({"input_ids": ids}).numpy()
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(logits, expected, atol=tolerance)
    run = measure([Candidate("model", path, "openvino")], rounds=1, warmup=0, vocab_size=VOCAB_SIZE)
    assert run["model"].backend == "openvino"
    assert run["model"].median > 0


@pytest.mark.skipif(importlib.util.find_spec("pnnx") is None, reason="needs pnnx (`make bench`)")
def test_ncnn_has_the_keras_models_logits(squeezebert, tmp_path) -> None:
    ncnn = pytest.importorskip("ncnn", reason="needs the extra `bench`")
    from benchmarks.backends import NCNN_PARAM, NCNN_WEIGHTS
    from benchmarks.peers.ncnn_convert import convert

    path = tmp_path / "model.ncnn.zip"
    graph = _graph(squeezebert, products="split", finds_padding=False)
    path.write_bytes(convert(graph, LENGTH, VOCAB_SIZE))
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path)
    net = ncnn.Net()
    net.load_param(str(tmp_path / NCNN_PARAM))
    net.load_model(str(tmp_path / NCNN_WEIGHTS))
    extractor = net.create_extractor()
    ids = _ids(padded=False)
    extractor.input("in0", ncnn.Mat(ids[0]))
    _, logits = extractor.extract("out0")
    expected = squeezebert({"input_ids": ids}).numpy()
    np.testing.assert_allclose(np.array(logits).reshape(1, -1), expected, atol=1e-3)
    run = measure([Candidate("model", path, "ncnn")], rounds=1, warmup=0, vocab_size=VOCAB_SIZE)
    assert run["model"].backend == "ncnn"
    assert run["model"].median > 0
