"""Which teacher layer each student layer learns from, and what options are refused."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfsqueeze.distillation.distillation_options import DistillationOptions, map_layers
from tfsqueeze.utils.errors import UserError


@pytest.mark.parametrize(
    ("layers", "layer_map", "expected"),
    [
        ((4, 12), "uniform", (2, 5, 8, 11)),
        ((6, 6), "uniform", (0, 1, 2, 3, 4, 5)),
        ((4, 6), "uniform", (1, 2, 4, 5)),
        ((6, 3), "uniform", (0, 0, 1, 1, 2, 2)),
        ((2, 6), "last", (4, 5)),
        ((2, 6), (0, 3), (0, 3)),
    ],
)
def test_layer_maps(layers, layer_map, expected):
    assert map_layers(*layers, layer_map) == expected


@given(st.integers(1, 24), st.integers(1, 24))
def test_uniform_ends_on_the_teachers_last_layer_in_order(student, teacher):
    layers = map_layers(student, teacher)
    assert layers[-1] == teacher - 1 and list(layers) == sorted(layers)
    assert len(layers) == student and layers[0] >= 0


@pytest.mark.parametrize(
    ("layers", "layer_map", "message"),
    [
        ((6, 4), "last", "the teacher has 4 layers, fewer than the student's 6"),
        ((2, 4), "middle", "layer_map 'middle' is not uniform or last"),
        ((2, 4), (1,), "must give each of the student's 2 layers"),
        ((2, 4), (1, 4), "a teacher layer from 0 to 3"),
    ],
)
def test_maps_that_do_not_fit(layers, layer_map, message):
    with pytest.raises(UserError, match=message):
        map_layers(*layers, layer_map)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "all weights of the distillation are 0"),
        ({"logits": -1.0}, "the weight of logits must be at least 0"),
        ({"logits": math.inf}, "the weight of logits must be at least 0 and finite, not inf"),
        ({"logits": 1.0, "temperature": 0.0}, "temperature must be above 0"),
        ({"logits": 1.0, "temperature": math.nan}, "temperature must be above 0 and finite"),
    ],
)
def test_options_out_of_range(options, message):
    with pytest.raises(UserError, match=message):
        DistillationOptions(**options)
