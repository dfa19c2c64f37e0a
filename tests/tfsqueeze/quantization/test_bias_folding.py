"""Offsets of normalization folded into biases: the model computes the same without them."""

import numpy as np
import pytest
import tf_keras as keras

from tfsqueeze.layers import GroupedConvolution, LayerNorm, NoNorm, ResidualAdd
from tfsqueeze.models.squeezebert import (
    SqueezeBertForSequenceClassification,
    SqueezeBertForTokenClassification,
    SqueezeBertModel,
)
from tfsqueeze.quantization.bias_folding import find_bias_folding

VARIANTS = {
    "as published": {},
    "convolution and attention": {"layer_types": ("convolution", "attention")},
    "both blocks": {"feed_forward_type": "both"},
    "no_norm": {"normalization_type": "no_norm"},
    "maximum over tokens": {"classifier_pooling": "max"},
}


def fold(model, folding):
    def copy(layer):
        config = layer.get_config()
        if layer.name in folding.normalizations:
            config["center"] = False
        return layer.__class__.from_config(config)

    folded = keras.models.clone_model(model, clone_function=copy)
    for layer in model.layers:
        folded_layer = folded.get_layer(layer.name)
        if layer.name in folding.normalizations:
            folded_layer.set_weights([layer.gamma.numpy()])
            continue
        folded_layer.set_weights(layer.get_weights())
        if layer.name in folding.bias_changes:
            changes = np.split(folding.bias_changes[layer.name], layer.groups)
            for group, change in enumerate(changes):
                getattr(folded_layer, f"bias_{group}").assign_add(change)
    return folded


def normalizations(model):
    return [layer.name for layer in model.layers if isinstance(layer, (LayerNorm, NoNorm))]


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize(
    "model_class", [SqueezeBertForSequenceClassification, SqueezeBertForTokenClassification]
)
def test_every_offset_of_a_classifier_is_folded(
    model_class, variant, tiny_config, tiny_batch, randomize
):
    model = randomize(model_class(tiny_config(**VARIANTS[variant])))
    folding = find_bias_folding(model)
    assert folding.normalizations == set(normalizations(model))
    folded = fold(model, folding)
    np.testing.assert_allclose(
        folded.predict(tiny_batch, verbose=0), model.predict(tiny_batch, verbose=0), atol=2e-4
    )


def test_an_output_of_the_model_keeps_its_offset(tiny_config, randomize):
    model = randomize(SqueezeBertModel(tiny_config()))
    kept = set(normalizations(model)) - find_bias_folding(model).normalizations
    assert kept == {
        name for name in normalizations(model) if name.endswith(("output_norm", "embeddings_norm"))
    }


def test_a_product_with_an_activation_cannot_absorb_the_offset_of_a_sum():
    """The offset would have to pass the activation."""
    x = keras.Input((None, 8))
    normalized = LayerNorm(name="norm")(x)
    branch = GroupedConvolution(8, activation="relu", name="branch")(normalized)
    y = GroupedConvolution(2, name="head")(ResidualAdd()([branch, normalized]))
    assert find_bias_folding(keras.Model(x, y)).normalizations == set()


def test_a_branch_with_other_consumers_cannot_absorb_an_offset():
    x = keras.Input((None, 8))
    normalized = LayerNorm(name="norm")(x)
    branch = GroupedConvolution(8, name="branch")(normalized)
    y = GroupedConvolution(2, name="head")(ResidualAdd()([branch, normalized]))
    assert find_bias_folding(keras.Model(x, y)).normalizations == {"norm"}
    other = GroupedConvolution(2, name="other")(branch)
    assert find_bias_folding(keras.Model(x, [y, other])).normalizations == set()


def test_a_layer_that_is_called_twice_keeps_its_offset():
    x = keras.Input((None, 8))
    shared = LayerNorm(name="norm")
    first = GroupedConvolution(8, name="first")(shared(x))
    y = GroupedConvolution(2, name="head")(shared(first))
    assert find_bias_folding(keras.Model(x, y)).normalizations == set()
