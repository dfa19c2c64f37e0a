"""What models are run on."""

from __future__ import annotations

import numpy as np

from benchmarks.backends import VOCAB_SIZE, random_input
from tfsqueeze.configs.presets import PRESETS, load_preset


def test_ids_are_in_the_vocabulary_of_every_preset() -> None:
    ids = random_input("serving_default_input_ids:0", (1, 512), np.int32)
    assert ids.min() >= 1
    assert ids.max() < VOCAB_SIZE
    assert min(load_preset(name).vocab_size for name in PRESETS) >= VOCAB_SIZE


def test_other_inputs_than_ids_are_1() -> None:
    for name in ("serving_default_attention_mask:0", "token_type_ids", "masked_positions"):
        np.testing.assert_array_equal(random_input(name, (1, 8), np.int32), np.ones((1, 8)))
