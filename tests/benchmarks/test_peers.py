"""The peers are what they claim: the sizes, the shared weights, the number formats."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from benchmarks.peers.configs import PEERS, BertConfig, MobileBertConfig
from converters.runtime.interpreters import open_model
from converters.tflite.inspection import list_operators
from converters.tflite.operator_macs import count_operator_macs

LENGTH = 12
TINY_BERT = BertConfig(
    vocab_size=60,
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=64,
    embedding_size=32,
    max_position_embeddings=16,
)
TINY = {
    "bert": TINY_BERT,
    "albert": dataclasses.replace(TINY_BERT, embedding_size=8, share_layers=True),
    "mobilebert": MobileBertConfig(
        vocab_size=60,
        embedding_size=8,
        hidden_size=32,
        bottleneck_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=24,
        max_position_embeddings=16,
    ),
}


def _model(config):
    from benchmarks.peers.encoders import bert, randomize
    from benchmarks.peers.mobilebert import mobilebert

    build = mobilebert if isinstance(config, MobileBertConfig) else bert
    return randomize(build(config, LENGTH))


def _convert(model, quantization):
    from benchmarks.peers.tflite import convert_classifier

    return convert_classifier(model, LENGTH, 60, quantization)


@pytest.fixture(scope="module")
def converted():
    """Each tiny peer in Keras and as float32 .tflite."""
    models = {name: _model(config) for name, config in TINY.items()}
    return {name: (model, _convert(model, "float32")) for name, model in models.items()}


@pytest.fixture
def input_ids():
    ids = np.random.default_rng(0).integers(1, 60, (1, LENGTH)).astype(np.int32)
    ids[0, 7:] = 0
    return ids


@pytest.mark.parametrize("name", TINY)
def test_file_computes_what_keras_does(converted, name, input_ids) -> None:
    model, content = converted[name]
    np.testing.assert_allclose(
        open_model(content).predict_logits(input_ids), model(input_ids).numpy(), atol=1e-4
    )


@pytest.mark.parametrize("name", ["bert", "albert"])
def test_padding_is_not_attended_to(converted, name, input_ids) -> None:
    model, _ = converted[name]
    layer = next(layer for layer in model.layers if layer.name.startswith("layer"))
    bias = model.get_layer("attention_bias")(input_ids)
    x = np.random.default_rng(1).standard_normal((LENGTH, 32)).astype(np.float32)
    other = x.copy()
    other[7:] += 1
    np.testing.assert_allclose(layer([x, bias])[:7], layer([other, bias])[:7], atol=1e-5)


@pytest.mark.parametrize("name", TINY)
def test_macs_are_those_of_the_file(converted, name) -> None:
    counted = sum(map(count_operator_macs, list_operators(converted[name][1])))
    assert counted == TINY[name].count_macs(LENGTH)


@pytest.mark.parametrize("name", TINY)
def test_dynamic_range_quantizes_weights_alone(converted, name) -> None:
    content = _convert(converted[name][0], "dynamic")
    operators = [one for one in list_operators(content) if one.weights]
    # The converter leaves constants of less than 1,024 values in float.
    large = [one for one in operators if math.prod(one.weights.shape) >= 1024]
    assert large or name == "mobilebert"
    assert all(one.weights.dtype == "int8" for one in large)
    assert {dtype for one in operators for dtype in one.input_dtypes} == {"float32"}


@pytest.mark.parametrize("name", TINY)
def test_full_int8_leaves_no_float_product(converted, name) -> None:
    operators = list_operators(_convert(converted[name][0], "int8"))
    products = [one for one in operators if one.name in ("FULLY_CONNECTED", "BATCH_MATMUL")]
    assert products
    assert {dtype for one in products for dtype in one.input_dtypes} == {"int8"}


def test_albert_shares_its_weights_in_the_file(converted) -> None:
    deeper = dataclasses.replace(TINY["albert"], num_hidden_layers=5)
    more = len(_convert(_model(deeper), "float32")) - len(converted["albert"][1])
    layer = 4 * (4 * 32**2 + 2 * 32 * 64)
    # Three more layers add their operators, but no second set of weights.
    assert 0 < more < layer
    assert len(converted["bert"][1]) - len(converted["albert"][1]) > layer


def test_random_weights_leave_nothing_to_fold_away(converted) -> None:
    for model, _ in converted.values():
        for weight in model.weights:
            values = weight.numpy()
            neutral = 1.0 if "gamma" in weight.name else 0.0
            assert np.all(values != neutral), weight.name
            assert np.abs(values - neutral).max() < 0.2, weight.name


def test_published_sizes() -> None:
    """Parameters of the published models, within what their heads make of a difference."""
    bert = PEERS["bert-base"]
    assert (bert.num_hidden_layers, bert.hidden_size, bert.intermediate_size) == (12, 768, 3072)
    # 11.2 G for BERT-base (MobileBERT paper, table 4: 22.5 B FLOPS) and 2.6 G (5.7 B FLOPS, which
    # count more than products) at length 128.
    assert bert.count_macs(128) == pytest.approx(22.5e9 / 2, rel=0.02)
    assert PEERS["mobilebert"].count_macs(128) == pytest.approx(5.7e9 / 2, rel=0.1)
