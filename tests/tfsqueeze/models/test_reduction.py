"""Layer reduction copies what it says and nothing else."""

import numpy as np
import pytest

from tfsqueeze.models.reduction import reduce_layers
from tfsqueeze.models.squeezebert import (
    SqueezeBertForMaskedLM,
    SqueezeBertForSequenceClassification,
)
from tfsqueeze.utils.errors import UserError

CLASSES = [SqueezeBertForSequenceClassification, SqueezeBertForMaskedLM]


@pytest.mark.parametrize("model_class", CLASSES, ids=lambda c: c.__name__)
def test_keeping_all_layers_keeps_the_outputs(model_class, tiny_config, tiny_batch, randomize):
    config = tiny_config(layer_types=("convolution", "attention"), feed_forward_type="both")
    model = randomize(model_class(config))
    reduced = reduce_layers(model, [0, 1])
    assert type(reduced) is model_class
    assert reduced.config == config
    np.testing.assert_array_equal(reduced(tiny_batch), model(tiny_batch))


def test_chosen_layers_are_copied(tiny_config, randomize):
    config = tiny_config(
        num_hidden_layers=3, layer_types=("attention", "convolution", "convolution")
    )
    model = randomize(SqueezeBertForSequenceClassification(config, input_names=("input_ids",)))
    reduced = reduce_layers(model, [0, 2])
    assert reduced.config.num_hidden_layers == 2
    assert reduced.config.layer_types == ("attention", "convolution")
    assert list(reduced.input_names) == ["input_ids"]
    for layer in reduced.layers:
        source = model.get_layer(layer.name.replace("layer_1_", "layer_2_"))
        for actual, expected in zip(layer.get_weights(), source.get_weights(), strict=True):
            np.testing.assert_array_equal(actual, expected)


def test_the_copy_is_independent(tiny_config, randomize):
    model = randomize(SqueezeBertForSequenceClassification(tiny_config()))
    before = [w.copy() for w in model.get_weights()]
    for weight in reduce_layers(model, [1]).weights:
        weight.assign(weight * 0)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(new, old)


@pytest.mark.parametrize(
    "layers, message",
    [([], "at least one"), ([0, 2], "no layer 2; its layers are 0 to 1"), ([-1], "no layer -1")],
)
def test_layers_that_are_not_there(tiny_config, layers, message):
    with pytest.raises(UserError, match=message):
        reduce_layers(SqueezeBertForSequenceClassification(tiny_config()), layers)


def test_a_classifier_of_the_first_token_is_reduced(tiny_config, randomize):
    """Its last layer has a layer of its own, which the source's other layers lack."""
    model = randomize(SqueezeBertForSequenceClassification(tiny_config(num_hidden_layers=3)))
    reduced = reduce_layers(model, [2, 0])
    np.testing.assert_array_equal(
        reduced.get_layer("layer_1_query").get_weights()[0],
        model.get_layer("layer_0_query").get_weights()[0],
    )
