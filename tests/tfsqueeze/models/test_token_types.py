"""A model gets more token types, which start as its own."""

from __future__ import annotations

import numpy as np

from tfsqueeze.models.squeezebert import SqueezeBertForQuestionAnswering
from tfsqueeze.models.token_types import extend_token_types


def test_new_types_are_copies_of_the_old_ones(tiny_config, tiny_batch, randomize):
    names = tuple(tiny_batch)
    model = randomize(SqueezeBertForQuestionAnswering(tiny_config(), input_names=names))
    extended = extend_token_types(model, 4)
    assert extended.config == model.config.replace(type_vocab_size=4)
    table = extended.get_layer("embeddings").token_type_embeddings.numpy()
    old = model.get_layer("embeddings").token_type_embeddings.numpy()
    np.testing.assert_array_equal(table, np.concatenate([old, old]))
    expected = model(tiny_batch)
    marked = {**tiny_batch, "token_type_ids": tiny_batch["token_type_ids"] + 2}
    for batch in (tiny_batch, marked):
        found = extended(batch)
        for name, values in expected.items():
            np.testing.assert_allclose(found[name], values, atol=1e-5)
    assert not np.allclose(old[0], old[1])
