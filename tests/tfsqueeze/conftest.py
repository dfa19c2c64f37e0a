"""Small configs and batches, and models whose every weight is random."""

from __future__ import annotations

import numpy as np
import pytest

import tfsqueeze
from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig


@pytest.fixture(scope="session")
def tiny_config():
    """A function that makes a small config, its fields changed as asked."""
    defaults = dict(
        vocab_size=50,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=24,
        q_groups=2,
        k_groups=2,
        v_groups=2,
        intermediate_groups=2,
        output_groups=2,
    )
    return lambda **changes: SqueezeBertConfig(**{**defaults, **changes})


@pytest.fixture
def tiny_batch():
    """Three texts of 8, 5 and 2 tokens of 50, padded to 8."""
    rng = np.random.default_rng(0)
    mask = (np.arange(8) < [[8], [5], [2]]).astype("int32")
    return {
        "input_ids": rng.integers(1, 50, (3, 8)).astype("int32") * mask,
        "attention_mask": mask,
        "token_type_ids": rng.integers(0, 2, (3, 8)).astype("int32") * mask,
    }


@pytest.fixture(scope="session")
def randomize():
    """A function that gives a model random weights, biases and scales too, and returns it."""

    def set_random(model):
        rng = np.random.default_rng(1)
        for weight in model.weights:
            weight.assign(rng.normal(0, 0.3, weight.shape) + ("gamma" in weight.name))
        return model

    return set_random


_SIZES = {"vocab_size": 50, "max_position_embeddings": 24}
TINY_CONFIGS = {
    "Bert": tfsqueeze.BertConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, **_SIZES
    ),
    "DistilBert": tfsqueeze.DistilBertConfig(
        dim=16, n_layers=2, n_heads=2, hidden_dim=32, **_SIZES
    ),
    "Albert": tfsqueeze.AlbertConfig(
        embedding_size=8,
        hidden_size=16,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=32,
        **_SIZES,
    ),
    "MobileBert": tfsqueeze.MobileBertConfig(
        embedding_size=8,
        hidden_size=16,
        intra_bottleneck_size=8,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_feedforward_networks=2,
        intermediate_size=32,
        **_SIZES,
    ),
    "Electra": tfsqueeze.ElectraConfig(
        embedding_size=8,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        **_SIZES,
    ),
}


@pytest.fixture(params=TINY_CONFIGS)
def architecture(request) -> str:
    """`Bert`, `DistilBert`, `Albert`, `MobileBert` and `Electra` in turns."""
    return request.param


@pytest.fixture
def teacher_config(architecture):
    """The architecture's small config, with three labels."""
    return TINY_CONFIGS[architecture].with_labels(["a", "b", "c"])


@pytest.fixture
def teacher_class(architecture):
    """A function from a task, such as `ForMaskedLM`, to the architecture's class."""

    return lambda task: getattr(tfsqueeze, architecture + task)
