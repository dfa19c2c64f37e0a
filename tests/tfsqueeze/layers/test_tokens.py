"""The layers at a model's two ends: embeddings, masks, pooling, residual sums."""

import numpy as np
import pytest

from tfsqueeze.layers import (
    FLOAT_MASK_VALUE,
    FirstToken,
    MaskLookup,
    MaxOverTokens,
    ResidualAdd,
    SqueezeBertEmbeddings,
)
from tfsqueeze.utils.errors import UserError

IDS = np.array([[3, 1, 0], [2, 2, 4]], "int32")
TYPES = np.array([[0, 1, 0], [1, 0, 0]], "int32")


def test_embeddings_are_the_sum_of_three(randomize):
    layer = SqueezeBertEmbeddings(5, 4, 6, 2)
    layer([IDS, TYPES])
    words, positions, types = randomize(layer).get_weights()
    np.testing.assert_allclose(
        layer([IDS, TYPES]), words[IDS] + positions[:3] + types[TYPES], atol=1e-6
    )


def test_without_types_every_token_has_type_0(randomize):
    layer = SqueezeBertEmbeddings(5, 4, 6, 2)
    layer(IDS)
    words, positions, types = randomize(layer).get_weights()
    np.testing.assert_allclose(layer(IDS), words[IDS] + positions[:3] + types[0], atol=1e-6)


def test_a_text_longer_than_the_positions():
    with pytest.raises(UserError, match="7 tokens are longer than max_position_embeddings 6"):
        SqueezeBertEmbeddings(5, 4, 6, 2)(np.zeros((1, 7), "int32"))


def test_masks_from_an_attention_mask():
    mask = np.array([[1, 1, 0]], "int32")
    scores = MaskLookup(FLOAT_MASK_VALUE, 0.0, 0, 2, "scores")(mask)
    np.testing.assert_array_equal(scores, [[[[0, 0, FLOAT_MASK_VALUE]]]])
    tokens = MaskLookup(0.0, 1.0, 0, 2, "tokens")(mask)
    np.testing.assert_array_equal(tokens, [[[1], [1], [0]]])


def test_masks_from_token_ids():
    tokens = MaskLookup(0.0, 1.0, 4, 5, "tokens")(IDS)
    np.testing.assert_array_equal(tokens[..., 0], [[1, 1, 1], [1, 1, 0]])


def test_pooling():
    x = np.array([[[1, -5], [3, -2], [9, 9]]], "float32")
    bias = np.array([[[0], [0], [FLOAT_MASK_VALUE]]], "float32")
    np.testing.assert_array_equal(FirstToken()(x), [[1, -5]])
    np.testing.assert_array_equal(MaxOverTokens()([x, bias]), [[3, -2]])


def test_residual_add():
    x = np.ones((1, 2, 3), "float32")
    np.testing.assert_array_equal(ResidualAdd()([x, 2 * x]), 3 * x)
