"""Offsets of normalization moved into biases: the model computes the same without them."""

import numpy as np
import pytest
import tf_keras as keras

from tfsqueeze.layers import GroupedConvolution, LayerNorm, NoNorm, ResidualAdd
from tfsqueeze.models.squeezebert import (
    SqueezeBertForSequenceClassification,
    SqueezeBertForTokenClassification,
    SqueezeBertModel,
)
from tfsqueeze.quantization.bias_folding import move_offsets

VARIANTS = {
    "as published": {},
    "convolution and attention": {"layer_types": ("convolution", "attention")},
    "both blocks": {"feed_forward_type": "both"},
    "no_norm": {"normalization_type": "no_norm"},
    "maximum over tokens": {"classifier_pooling": "max"},
}


def without_offsets(model, offsets):
    def copy(layer):
        config = layer.get_config()
        if layer.name in offsets.normalizations:
            config["center"] = False
        return layer.__class__.from_config(config)

    twin = keras.models.clone_model(model, clone_function=copy)
    for layer in model.layers:
        mine = twin.get_layer(layer.name)
        if layer.name in offsets.normalizations:
            mine.set_weights([layer.gamma.numpy()])
            continue
        mine.set_weights(layer.get_weights())
        if layer.name in offsets.biases:
            gains = np.split(offsets.biases[layer.name], layer.groups)
            for group, gain in enumerate(gains):
                getattr(mine, f"bias_{group}").assign_add(gain)
    return twin


def normalizations(model):
    return [layer.name for layer in model.layers if isinstance(layer, (LayerNorm, NoNorm))]


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize(
    "model_class", [SqueezeBertForSequenceClassification, SqueezeBertForTokenClassification]
)
def test_every_offset_of_a_classifier_moves(
    model_class, variant, tiny_config, tiny_batch, randomize
):
    model = randomize(model_class(tiny_config(**VARIANTS[variant])))
    offsets = move_offsets(model)
    assert offsets.normalizations == set(normalizations(model))
    twin = without_offsets(model, offsets)
    np.testing.assert_allclose(
        twin.predict(tiny_batch, verbose=0), model.predict(tiny_batch, verbose=0), atol=2e-4
    )


def test_what_the_model_puts_out_keeps_its_offset(tiny_config, randomize):
    model = randomize(SqueezeBertModel(tiny_config()))
    kept = set(normalizations(model)) - move_offsets(model).normalizations
    assert kept == {
        name for name in normalizations(model) if name.endswith(("output_norm", "embeddings_norm"))
    }


def test_a_product_with_an_activation_takes_no_offset_of_a_sum():
    """The offset would have to pass the activation."""
    x = keras.Input((None, 8))
    normalized = LayerNorm(name="norm")(x)
    branch = GroupedConvolution(8, activation="relu", name="branch")(normalized)
    y = GroupedConvolution(2, name="head")(ResidualAdd()([branch, normalized]))
    assert move_offsets(keras.Model(x, y)).normalizations == set()


def test_a_branch_that_others_read_takes_no_offset():
    x = keras.Input((None, 8))
    normalized = LayerNorm(name="norm")(x)
    branch = GroupedConvolution(8, name="branch")(normalized)
    y = GroupedConvolution(2, name="head")(ResidualAdd()([branch, normalized]))
    assert move_offsets(keras.Model(x, y)).normalizations == {"norm"}
    other = GroupedConvolution(2, name="other")(branch)
    assert move_offsets(keras.Model(x, [y, other])).normalizations == set()


def test_a_layer_that_is_called_twice_keeps_its_offset():
    x = keras.Input((None, 8))
    shared = LayerNorm(name="norm")
    first = GroupedConvolution(8, name="first")(shared(x))
    y = GroupedConvolution(2, name="head")(shared(first))
    assert move_offsets(keras.Model(x, y)).normalizations == set()
