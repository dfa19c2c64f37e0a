"""A student made of a teacher's weights: exact where nothing is grouped, near where it is."""

import numpy as np
import pytest

from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig
from tfsqueeze.distillation.initialization import init_from_teacher
from tfsqueeze.models.squeezebert import SqueezeBertForSequenceClassification
from tfsqueeze.utils.errors import UserError


def student_config(groups, **changes):
    fields = dict(
        vocab_size=50,
        hidden_size=24,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=32,
        max_position_embeddings=24,
        post_attention_groups=groups,
        id2label={0: "a", 1: "b", 2: "c"},
        **{f"{name}_groups": groups for name in ("q", "k", "v", "intermediate", "output")},
    )
    return SqueezeBertConfig(**{**fields, **changes})


def initialized(teacher, config, input_ids, **options):
    return init_from_teacher(
        teacher, SqueezeBertForSequenceClassification, config, input_ids, **options
    )


def test_one_group_is_the_teacher(teacher, input_ids):
    student = initialized(teacher, student_config(1), input_ids)
    np.testing.assert_allclose(
        student.predict(input_ids, verbose=0), teacher.predict(input_ids, verbose=0), atol=1e-4
    )


def test_layers_are_those_asked_for(teacher, input_ids):
    student = initialized(teacher, student_config(1, num_hidden_layers=2), input_ids, layers=(3, 1))
    for name, source in (("layer_0_query", "layer_3_query"), ("layer_1_output", "layer_1_output")):
        np.testing.assert_array_equal(
            student.get_layer(name).get_weights()[0], teacher.get_layer(source).get_weights()[0]
        )


def test_least_squares_is_nearer_than_blocks(teacher, input_ids):
    expected = teacher.with_states(hidden_states=[1])(input_ids)["hidden_states_1"].numpy()
    errors = {}
    for method in ("block_diagonal", "least_squares"):
        student = initialized(teacher, student_config(2), input_ids, method=method)
        actual = student.with_states(hidden_states=[1])(input_ids)["hidden_states_1"].numpy()
        errors[method] = np.mean((actual - expected)[input_ids != 0] ** 2)
    assert errors["least_squares"] < 0.95 * errors["block_diagonal"]


def test_blocks_are_the_teachers_weights(teacher, input_ids):
    student = initialized(teacher, student_config(2), input_ids, method="block_diagonal")
    kernel = np.squeeze(teacher.get_layer("layer_2_intermediate").get_weights()[0])
    second = student.get_layer("layer_2_intermediate").get_weights()[1]
    np.testing.assert_array_equal(np.squeeze(second), kernel[12:, 16:])


@pytest.mark.parametrize(
    ("changes", "options", "message"),
    [
        ({"hidden_size": 32}, {}, "hidden_size is 32 in the student's config and 24"),
        ({"layer_types": ("convolution",) * 4}, {}, "must be attention"),
        ({}, {"method": "magic"}, "method 'magic' is not least_squares or block_diagonal"),
    ],
)
def test_what_does_not_fit(teacher, input_ids, changes, options, message):
    with pytest.raises(UserError, match=message):
        initialized(teacher, student_config(2, **changes), input_ids, **options)
