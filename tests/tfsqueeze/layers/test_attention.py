"""Self-attention against its definition, head by head, in numpy."""

import numpy as np
import tensorflow as tf

from tfsqueeze.layers import FLOAT_MASK_VALUE, SelfAttention


def inputs(batch=2, length=6, hidden=12):
    rng = np.random.default_rng(0)
    query, key, value = rng.normal(size=(3, batch, length, hidden)).astype("float32")
    bias = np.zeros((batch, 1, 1, length), "float32")
    bias[1, ..., 4:] = FLOAT_MASK_VALUE
    return query, key, value, bias


def test_it_is_the_definition():
    query, key, value, bias = inputs()
    expected = np.zeros_like(value)
    for text in range(2):
        for head in range(3):
            channels = slice(4 * head, 4 * head + 4)
            scores = query[text][:, channels] @ key[text][:, channels].T + bias[text, 0]
            weights = np.exp(scores - scores.max(-1, keepdims=True))
            weights /= weights.sum(-1, keepdims=True)
            expected[text][:, channels] = weights @ value[text][:, channels]
    np.testing.assert_allclose(SelfAttention(3)([query, key, value, bias]), expected, atol=1e-5)


def test_masked_tokens_have_no_effect():
    query, key, value, bias = inputs()
    layer = SelfAttention(3)
    before = layer([query, key, value, bias]).numpy()
    key[1, 4:] += 5
    value[1, 4:] -= 7
    np.testing.assert_array_equal(layer([query, key, value, bias]), before)


def test_dropout_acts_in_training_only():
    tf.random.set_seed(0)
    layer = SelfAttention(3, dropout=0.5)
    x = inputs()
    np.testing.assert_array_equal(layer(x), SelfAttention(3)(x))
    assert np.abs(layer(x, training=True) - layer(x)).max() > 0.01


def test_a_minimum_masks_as_a_sum_does():
    query, key, value, bias = inputs()
    limits = np.where(bias < 0, FLOAT_MASK_VALUE, -FLOAT_MASK_VALUE).astype("float32")
    expected = SelfAttention(3)([query, key, value, bias])
    found = SelfAttention(3, masks_by_minimum=True)([query, key, value, limits])
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_fewer_queries_than_keys():
    query, key, value, bias = inputs()
    layer = SelfAttention(3)
    whole = layer([query, key, value, bias])
    np.testing.assert_allclose(layer([query[:, :1], key, value, bias]), whole[:, :1], atol=1e-6)
