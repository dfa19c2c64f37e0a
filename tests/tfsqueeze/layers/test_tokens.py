"""The layers at a model's two ends: embeddings, masks, pooling, residual sums."""

import numpy as np
import pytest

from tfsqueeze.layers import (
    FLOAT_MASK_VALUE,
    FirstToken,
    MaskLookup,
    MaxOverTokens,
    PairFeatures,
    ResidualAdd,
    SameTextMask,
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
    scores = MaskLookup(FLOAT_MASK_VALUE, 0.0, [0], 2, "scores")(mask)
    np.testing.assert_array_equal(scores, [[[[0, 0, FLOAT_MASK_VALUE]]]])
    tokens = MaskLookup(0.0, 1.0, [0], 2, "tokens")(mask)
    np.testing.assert_array_equal(tokens, [[[1], [1], [0]]])


def test_the_other_text_and_padding_are_masked():
    signs = np.array([[1, 1, -1, -1, 1]], "float32")
    padding = np.array([[[[0, 0, 0, 0, FLOAT_MASK_VALUE]]]], "float32")
    mask = SameTextMask()([signs[..., None], signs[:, None], padding]).numpy()[0, 0]
    first, second = [1, 1, 0, 0, 0], [0, 0, 1, 1, 0]
    np.testing.assert_array_equal(mask == 0, [first, first, second, second, first])
    limits = np.where(padding == 0, 1, -1).astype("float32")
    by_minimum = SameTextMask(masks_by_minimum=True)([signs[..., None], signs[:, None], limits])
    np.testing.assert_array_equal(by_minimum[0, 0], np.where(mask == 0, 1, -1))


def test_masks_from_token_ids():
    tokens = MaskLookup(0.0, 1.0, [4], 5, "tokens")(IDS)
    np.testing.assert_array_equal(tokens[..., 0], [[1, 1, 1], [1, 1, 0]])


def test_pooling():
    x = np.array([[[1, -5], [3, -2], [9, 9]]], "float32")
    bias = np.array([[[0], [0], [FLOAT_MASK_VALUE]]], "float32")
    np.testing.assert_array_equal(FirstToken()(x), [[1, -5]])
    np.testing.assert_array_equal(MaxOverTokens()([x, bias]), [[3, -2]])


def test_pairs_are_compared_by_their_means():
    x = np.random.default_rng(0).normal(size=(2, 4, 6)).astype("float32")
    far = FLOAT_MASK_VALUE
    first = np.array([[[0, 0, far, 0]], [[0, far, far, far]]], "float32")
    second = np.array([[[far, far, 0, far]], [[far, 0, 0, 0]]], "float32")
    tokens = np.array([[[0, 0, 0, far]], [[0, 0, 0, 0]]], "float32")
    features = PairFeatures()([x, first, second, tokens]).numpy()
    means = [(x[0, :2].mean(0), x[0, 2]), (x[1, 0], x[1, 1:].mean(0))]
    for found, pair in zip(features, means, strict=True):
        u, v = (6**0.5 * mean / np.linalg.norm(mean) for mean in pair)
        expected = np.concatenate([u * v, np.maximum(u - v, 0), np.maximum(v - u, 0)])
        np.testing.assert_allclose(found, expected, atol=1e-5)
        cosine = u @ v / np.linalg.norm(u) / np.linalg.norm(v)
        np.testing.assert_allclose(found[:6].mean(), cosine, atol=1e-5)


def test_residual_add():
    x = np.ones((1, 2, 3), "float32")
    np.testing.assert_array_equal(ResidualAdd()([x, 2 * x]), 3 * x)
