"""A small teacher, a smaller student, and texts for both."""

from __future__ import annotations

import numpy as np
import pytest
import tf_keras as keras

from tfsqueeze import BertConfig, BertForSequenceClassification
from tfsqueeze.models.squeezebert import SqueezeBertForSequenceClassification


@pytest.fixture
def teacher(randomize):
    config = BertConfig(
        vocab_size=50,
        hidden_size=24,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=32,
        max_position_embeddings=24,
        id2label={0: "a", 1: "b", 2: "c"},
    )
    return randomize(BertForSequenceClassification(config, input_names=("input_ids",)))


@pytest.fixture
def student(tiny_config):
    keras.utils.set_random_seed(0)
    config = tiny_config(
        layer_types=("convolution", "attention"),
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        id2label={0: "a", 1: "b", 2: "c"},
    )
    return SqueezeBertForSequenceClassification(config, input_names=("input_ids",))


@pytest.fixture
def input_ids():
    """int32 [40, 12]: texts of 2 to 12 tokens, padded."""
    draw = np.random.default_rng(0)
    ids = draw.integers(1, 50, (40, 12)).astype("int32")
    ids[np.arange(12) >= draw.integers(2, 13, 40)[:, None]] = 0
    return ids
