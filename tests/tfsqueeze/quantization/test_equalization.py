"""Outlier channels of the residual stream: divided where they arise, and nothing else changes."""

import numpy as np
import pytest

import tfsqueeze
from tests.tfsqueeze.conftest import TINY_CONFIGS
from tfsqueeze.layers import LayerNorm
from tfsqueeze.models.squeezebert import (
    SqueezeBertForSequenceClassification,
    SqueezeBertForTokenClassification,
)
from tfsqueeze.quantization.equalization import equalize, find_equalization


def with_outlier(model, channel=3, factor=30.0):
    """Makes one channel of each sum far larger, as in a trained BERT."""
    for layer in model.layers:
        if layer.name.endswith(("_post_attention", "_output")):
            group, column = divmod(channel, layer.filters // layer.groups)
            kernel = getattr(layer, f"kernel_{group}")
            values = kernel.numpy()
            values[..., column] *= factor
            kernel.assign(values)
    return model


@pytest.mark.parametrize(
    "variant",
    [{}, {"layer_types": ("convolution", "attention")}, {"normalization_type": "no_norm"}],
    ids=["as published", "convolution and attention", "no_norm"],
)
@pytest.mark.parametrize(
    "model_class", [SqueezeBertForSequenceClassification, SqueezeBertForTokenClassification]
)
def test_the_outputs_stay(model_class, variant, tiny_config, tiny_batch, randomize):
    model = with_outlier(randomize(model_class(tiny_config(**variant))))
    equalized = equalize(model, find_equalization(model, [tiny_batch]))
    expected = model.predict(tiny_batch, verbose=0)
    np.testing.assert_allclose(equalized.predict(tiny_batch, verbose=0), expected, atol=1e-5)


@pytest.mark.parametrize("family", [*TINY_CONFIGS, "MobileBert with layer_norm"])
def test_every_family_computes_the_same(family, randomize, tiny_batch):
    name, _, normalization = family.partition(" with ")
    config = TINY_CONFIGS[name]
    if normalization:
        config = config.replace(normalization_type=normalization)
    model_class = getattr(tfsqueeze, f"{name}ForTokenClassification")
    model = with_outlier(randomize(model_class(config, input_names=("input_ids",))))
    batch = {"input_ids": tiny_batch["input_ids"]}
    equalized = equalize(model, find_equalization(model, [batch]))
    has_factors = [getattr(x, "channel_factors", None) is not None for x in equalized.layers]
    assert any(has_factors) == (family != "MobileBert")
    expected = model.predict(batch, verbose=0)
    np.testing.assert_allclose(equalized.predict(batch, verbose=0), expected, atol=2e-5)


def test_channels_that_are_alike_stay(tiny_config, tiny_batch):
    # New embeddings and kernels are alike in all channels, up to chance.
    model = SqueezeBertForSequenceClassification(tiny_config(num_hidden_layers=0))
    for layer in model.layers:
        if layer.name == "embeddings":
            layer.set_weights([np.sign(weight) for weight in layer.get_weights()])
    equalized = equalize(model, find_equalization(model, [tiny_batch]))
    assert all(getattr(x, "channel_factors", None) is None for x in equalized.layers)


def test_an_outlier_channel_becomes_like_the_others(tiny_config, tiny_batch, randomize):
    model = with_outlier(randomize(SqueezeBertForSequenceClassification(tiny_config())))
    equalized = equalize(model, find_equalization(model, [tiny_batch]))
    norms = [layer for layer in equalized.layers if isinstance(layer, LayerNorm)]
    factors = np.array([layer.channel_factors for layer in norms if "embeddings" not in layer.name])
    assert (factors[:, 3] > 2).all()
    assert factors.max() <= 11 and (np.delete(factors, 3, axis=1) < factors[:, 3:4]).all()


def test_a_model_with_factors_is_saved_and_loaded(tmp_path):
    layer = LayerNorm(channel_factors=[1, 4, 2])
    copied = LayerNorm.from_config(layer.get_config())
    assert copied.channel_factors == (1, 4, 2)
    assert "channel_factors" not in LayerNorm().get_config()


def test_layer_norm_reads_divided_channels():
    x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)
    factors = [1, 11, 2, 1]
    expected = LayerNorm()(x).numpy()
    found = LayerNorm(channel_factors=factors)((x / factors).astype(np.float32)).numpy() * factors
    np.testing.assert_allclose(found, expected, atol=1e-5)
