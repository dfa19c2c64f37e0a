"""The ONNX peers compute what the Keras models do, and are quantized."""

from __future__ import annotations

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="needs the extra `bench`")
onnxruntime = pytest.importorskip("onnxruntime", reason="needs the extra `bench`")

from benchmarks.harness import Candidate, measure  # noqa: E402
from benchmarks.peers.configs import BertConfig  # noqa: E402
from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig  # noqa: E402
from tfsqueeze.utils.errors import UserError  # noqa: E402

LENGTH = 12
SIZES = dict(
    vocab_size=60,
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=64,
    max_position_embeddings=16,
)
FORMS = {"conv": ("conv", False), "split": ("split", True), "split-plain": ("split", False)}


@pytest.fixture(scope="module")
def input_ids():
    ids = np.random.default_rng(0).integers(1, 60, (1, LENGTH)).astype(np.int32)
    ids[0, 7:] = 0
    return ids


@pytest.fixture(scope="module")
def squeezebert(input_ids):
    """A SqueezeBERT with weights large enough to tell errors, as a graph maker; its logits."""
    from benchmarks.peers.encoders import randomize
    from benchmarks.peers.onnx_encoders import keras_weights, squeezebert_graph
    from tfsqueeze.models.squeezebert import SqueezeBertForSequenceClassification

    config = SqueezeBertConfig(**SIZES)
    model = randomize(SqueezeBertForSequenceClassification(config, input_names=("input_ids",)))
    for weight in model.weights:
        weight.assign(weight * (1.0 if "gamma" in weight.name else 10.0))
    weights = keras_weights(model)

    def graph(form):
        products, fused = FORMS[form]
        return squeezebert_graph(config, weights, LENGTH, products=products, fused_attention=fused)

    return graph, model({"input_ids": input_ids}).numpy()


def _logits(content: bytes, input_ids: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run(None, {"input_ids": input_ids})[0]


@pytest.mark.parametrize("form", FORMS)
def test_squeezebert_has_the_keras_models_logits(squeezebert, input_ids, form) -> None:
    graph, expected = squeezebert
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(
        _logits(graph(form).SerializeToString(), input_ids), expected, atol=1e-4
    )


@pytest.mark.parametrize("fused", [True, False])
def test_bert_has_the_keras_peers_logits(input_ids, fused) -> None:
    from benchmarks.peers.encoders import bert, randomize
    from benchmarks.peers.onnx_encoders import bert_graph, keras_weights

    config = BertConfig(embedding_size=32, **SIZES)
    model = randomize(bert(config, LENGTH))
    for weight in model.weights:
        weight.assign(weight * (1.0 if "gamma" in weight.name else 10.0))
    graph = bert_graph(config, keras_weights(model), LENGTH, fused_attention=fused)
    np.testing.assert_allclose(
        _logits(graph.SerializeToString(), input_ids), model(input_ids).numpy(), atol=1e-4
    )


@pytest.mark.parametrize(
    ("form", "kind"), [("split", "dynamic"), ("conv", "static"), ("split-plain", "static")]
)
def test_quantized_graphs_hold_int8_products_and_stay_close(
    squeezebert, input_ids, form, kind
) -> None:
    from benchmarks.peers.onnx_quantize import quantize_dynamic, quantize_static

    graph, expected = squeezebert
    model = graph(form)
    content = quantize_dynamic(model) if kind == "dynamic" else quantize_static(model, LENGTH, 60)
    constants = onnx.load_from_string(content).graph.initializer
    int8 = sum(len(one.raw_data) for one in constants if one.data_type == onnx.TensorProto.INT8)
    # The two layers' products: 5/4 of hidden * hidden + 3/4 for the groups, and the two inner ones.
    products = 2 * (7 * 32 * 32 // 4 + 2 * 32 * 64 // 4)
    assert int8 >= products
    np.testing.assert_allclose(_logits(content, input_ids), expected, atol=0.25)


def test_variants_without_a_peer_are_refused() -> None:
    from benchmarks.peers.onnx_encoders import squeezebert_graph

    config = SqueezeBertConfig(**SIZES, layer_types=("attention", "convolution"))
    with pytest.raises(UserError, match="has no layer_types"):
        squeezebert_graph(config, {}, LENGTH, products="conv", fused_attention=False)


def test_harness_runs_onnx(squeezebert, tmp_path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(squeezebert[0]("conv").SerializeToString())
    run = measure([Candidate("model", path, "onnxruntime")], rounds=2, warmup=0, vocab_size=60)
    assert run["model"].backend == "onnxruntime"
    assert run["model"].added_memory_bytes > 0
    path.write_bytes(b"not a model")
    with pytest.raises(UserError, match="onnxruntime cannot open model"):
        measure([Candidate("model", path, "onnxruntime")], rounds=1)


@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_harness_runs_products(tmp_path, dtype) -> None:
    from benchmarks.peers.onnx_products import matrix_product

    path = tmp_path / "product.onnx"
    path.write_bytes(matrix_product(4, 32, 16, dtype))
    run = measure([Candidate("product", path, "onnxruntime")], rounds=1, warmup=0)
    assert run["product"].median > 0
