"""Scales of NoNorm folded into products: the model computes the same without them."""

import numpy as np
import pytest
import tf_keras as keras

from tfsqueeze import (
    MobileBertConfig,
    MobileBertForQuestionAnswering,
    MobileBertForSequenceClassification,
    quantize_aware,
)
from tfsqueeze.distillation.states import with_states
from tfsqueeze.layers import GroupedConvolution, NoNorm
from tfsqueeze.quantization.scale_folding import fold_scales

SIZES = {
    "vocab_size": 50,
    "max_position_embeddings": 24,
    "embedding_size": 8,
    "hidden_size": 16,
    "intra_bottleneck_size": 8,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
}
VARIANTS = {
    "as published": {},
    "values from the bottleneck": {"use_bottleneck_attention": True},
    "one bottleneck": {"key_query_shared_bottleneck": False, "use_bottleneck_attention": True},
    "without bottlenecks": {"use_bottleneck": False, "intra_bottleneck_size": 16},
}


def outputs(model, inputs):
    y = model.predict(inputs, verbose=0)
    return y if isinstance(y, dict) else {"logits": y}


def scaled(model):
    return {layer.name for layer in model.layers if isinstance(layer, NoNorm) and layer.scale}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize(
    "model_class", [MobileBertForSequenceClassification, MobileBertForQuestionAnswering]
)
def test_a_mobilebert_computes_the_same(model_class, variant, tiny_batch, randomize):
    config = MobileBertConfig(num_feedforward_networks=2, **{**SIZES, **VARIANTS[variant]})
    model = randomize(model_class(config))
    folded = fold_scales(model)
    expected = outputs(model, tiny_batch)
    for name, actual in outputs(folded, tiny_batch).items():
        np.testing.assert_allclose(actual, expected[name], rtol=1e-4, atol=1e-4)
    # What stays handed its scale on to no sum: the channels' scales differ too much.
    kept = scaled(folded)
    assert kept < scaled(model)
    assert not any("_bottleneck_input_" in name or name.endswith("_1_output_norm") for name in kept)


def test_even_scales_are_handed_on_to_the_end(tiny_batch, randomize):
    model = randomize(MobileBertForSequenceClassification(MobileBertConfig(**SIZES)))
    draw = np.random.default_rng(0)
    for layer in model.layers:
        if isinstance(layer, NoNorm):
            layer.gamma.assign(draw.uniform(0.95, 1.05, layer.gamma.shape))
    assert len(scaled(model)) == 17
    folded = fold_scales(model)
    # The embeddings' and the first layer's wide scale reach the last sum, whose own is the head's.
    assert scaled(folded) == set()
    np.testing.assert_allclose(
        outputs(folded, tiny_batch)["logits"], outputs(model, tiny_batch)["logits"], atol=1e-4
    )


@pytest.mark.slow
def test_the_states_of_a_quantization_aware_mobilebert_are_the_float_ones():
    """Also where a scale and an offset were handed on to later layers."""
    keras.utils.set_random_seed(0)
    config = MobileBertConfig(initializer_range=0.2, **{**SIZES, "hidden_size": 32})
    model = MobileBertForSequenceClassification(config, input_names=("input_ids",))
    draw = np.random.default_rng(0)
    for layer in model.layers:
        if isinstance(layer, NoNorm):
            layer.gamma.assign(draw.uniform(1.5, 2, layer.gamma.shape))
            layer.beta.assign(draw.normal(0, 0.5, layer.beta.shape))
    inputs = {"input_ids": draw.integers(1, 50, (32, 16)).astype("int32")}
    qat_model = quantize_aware(model, [inputs])
    weights = {weight.name for weight in qat_model.trainable_weights}
    assert not any("layer_0_output_bottleneck_norm/" in name for name in weights)
    numbers = {"hidden_states": range(3)}
    expected = model.with_states(**numbers).predict(inputs, verbose=0)
    actual = with_states(qat_model, model, **numbers).predict(inputs, verbose=0)
    for name in (f"hidden_states_{index}" for index in range(3)):
        error = np.linalg.norm(actual[name] - expected[name]) / np.linalg.norm(expected[name])
        assert error < 0.1, (name, error)


def norm_between(groups=1, activation=None, consumers=1, scale=1.0):
    x = keras.Input((None, 8))
    y = GroupedConvolution(8, groups, activation, scale, name="before")(x)
    y = NoNorm(name="norm")(y)
    heads = [GroupedConvolution(4, groups, name=f"after_{i}")(y) for i in range(consumers)]
    return keras.Model(x, heads)


@pytest.mark.parametrize("scale", [1.0, 0.5])
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("activation", [None, "relu"])
def test_the_product_before_or_the_one_after(groups, activation, scale, randomize):
    model = randomize(norm_between(groups, activation, scale=scale))
    folded = fold_scales(model)
    assert not scaled(folded)
    x = np.random.default_rng(0).normal(size=(2, 3, 8)).astype("float32")
    np.testing.assert_allclose(folded(x), model(x), rtol=1e-4, atol=1e-5)
    product = "before" if activation is None else "after_0"
    changed = {
        layer.name
        for layer in folded.layers
        if isinstance(layer, GroupedConvolution)
        and not np.array_equal(layer.kernel_0, model.get_layer(layer.name).kernel_0)
    }
    assert changed == {product}


def test_all_products_after_an_activation(randomize):
    model = randomize(norm_between(activation="relu", consumers=2))
    folded = fold_scales(model)
    assert not scaled(folded)
    x = np.random.default_rng(0).normal(size=(2, 3, 8)).astype("float32")
    for actual, expected in zip(folded(x), model(x), strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)


def test_an_output_keeps_its_scale():
    x = keras.Input((None, 8))
    y = NoNorm(name="norm")(GroupedConvolution(8, activation="relu")(x))
    model = keras.Model(x, [y, GroupedConvolution(2, name="head")(y)])
    assert fold_scales(model) is model


def test_a_product_that_is_read_elsewhere_keeps_its_weights():
    x = keras.Input((None, 8))
    product = GroupedConvolution(8)(x)
    model = keras.Model(x, [NoNorm(name="norm")(product), product])
    assert fold_scales(model) is model
