"""Which architectures a config.json may name."""

from __future__ import annotations

import json

import pytest

from tfsqueeze.models.architectures import MODEL_TYPES, read_config
from tfsqueeze.utils.errors import UserError


@pytest.mark.parametrize("model_type", MODEL_TYPES)
def test_every_architecture_has_a_name(model_type, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"model_type": model_type}))
    config = read_config(path)
    assert config.model_type == model_type
    assert config.architecture.lower() == model_type


@pytest.mark.parametrize(
    ("model_type", "reason"),
    [
        ("roberta", "its tokenizer is byte-level BPE, and files here have WordPiece"),
        ("xlm-roberta", "its tokenizer is SentencePiece, and files here have WordPiece"),
        ("fnet", "$"),
    ],
)
def test_relatives_with_other_tokenizers_are_one_sentence(model_type, reason, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"model_type": model_type, "architectures": ["X"]}))
    with pytest.raises(UserError, match=f"'{model_type}' is not one of squeezebert, .*{reason}"):
        read_config(path)
