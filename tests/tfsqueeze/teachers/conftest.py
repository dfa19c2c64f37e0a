"""One small config for each architecture, and each architecture's classes."""

from __future__ import annotations

import pytest

from tfsqueeze import teachers

_SIZES = {"vocab_size": 50, "max_position_embeddings": 24}
TINY_CONFIGS = {
    "Bert": teachers.BertConfig(hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
                                intermediate_size=32, **_SIZES),
    "DistilBert": teachers.DistilBertConfig(dim=16, n_layers=2, n_heads=2, hidden_dim=32,
                                            **_SIZES),
    "Albert": teachers.AlbertConfig(embedding_size=8, hidden_size=16, num_hidden_layers=3,
                                    num_attention_heads=2, intermediate_size=32, **_SIZES),
}


@pytest.fixture(params=TINY_CONFIGS)
def architecture(request) -> str:
    """`Bert`, `DistilBert` and `Albert` in turns."""
    return request.param


@pytest.fixture
def teacher_config(architecture):
    """The architecture's small config, with three labels."""
    return TINY_CONFIGS[architecture].with_labels(["a", "b", "c"])


@pytest.fixture
def teacher_class(architecture):
    """A function from a task, such as `ForMaskedLM`, to the architecture's class."""
    return lambda task: getattr(teachers, architecture + task)
