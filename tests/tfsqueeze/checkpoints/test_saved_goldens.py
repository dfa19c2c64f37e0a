"""Every golden checkpoint of transformers, loaded and saved: its tensors, config and outputs."""

from __future__ import annotations

import json

import numpy as np
import pytest
from safetensors import safe_open

import tfsqueeze
from tests.tfsqueeze.checkpoint_folders import load_quietly
from tfsqueeze.checkpoints.huggingface import CONFIG_FILE, WEIGHTS_FILE
from tfsqueeze.checkpoints.weight_files import read_weights

# What transformers writes about generation, about its own loading, and about heads and variants
# that tfsqueeze does not have; its readers have the same values as defaults.
_ONLY_TRANSFORMERS = {
    "add_cross_attention", "bos_token_id", "dtype", "eos_token_id", "inner_group_num", "is_decoder",
    "sinusoidal_pos_embds", "summary_activation", "summary_last_dropout", "summary_type",
    "summary_use_proj", "tie_word_embeddings", "transformers_version", "true_hidden_size",
    "use_cache",
}  # fmt: skip
_GOLDENS = [
    "albert_base", "bert_base", "bert_masked_lm", "bert_multi_label_classification",
    "bert_regression", "bert_sequence_classification", "distilbert_base",
    "distilbert_sequence_classification", "distilbert_sharded", "electra_base",
    "electra_question_answering", "electra_sequence_classification",
    "electra_token_classification", "mobilebert_base", "mobilebert_layer_norm",
    "mobilebert_question_answering", "mobilebert_sequence_classification",
    "mobilebert_token_classification", "squeezebert_base", "squeezebert_masked_lm",
    "squeezebert_mixed_groups", "squeezebert_question_answering",
    "squeezebert_sequence_classification", "squeezebert_token_classification",
]  # fmt: skip


def test_all_goldens_are_listed(shared_dir):
    found = [path.parent.name for path in (shared_dir / "goldens").glob(f"*/{CONFIG_FILE}")]
    assert sorted(found) == _GOLDENS


@pytest.mark.parametrize("name", _GOLDENS)
def test_a_golden_is_saved_as_it_was(name, shared_dir, tmp_path):
    folder = shared_dir / "goldens" / name
    fields = json.loads((folder / CONFIG_FILE).read_text())
    model_class = getattr(tfsqueeze, fields["architectures"][0])
    load_quietly(model_class, folder).save_pretrained(tmp_path)
    # Shards become one file, which has the mark that PyTorch's readers ask for.
    _, original = read_weights(folder)
    with safe_open(tmp_path / WEIGHTS_FILE, "numpy") as file:
        assert file.metadata() == {"format": "pt"}
        assert set(file.keys()) == set(original)
        for key, value in original.items():
            again = file.get_tensor(key)
            assert (again.dtype, again.shape) == (value.dtype, value.shape), key
            assert again.tobytes() == value.tobytes(), key
    ours = json.loads((tmp_path / CONFIG_FILE).read_text())
    assert set(fields) - set(ours) <= _ONLY_TRANSFORMERS
    assert set(ours) - set(fields) <= {"id2label", "label2id"}
    shared = ours.keys() & fields
    assert {key: ours[key] for key in shared} == {key: fields[key] for key in shared}
    _check_outputs(load_quietly(model_class, tmp_path), folder / "golden.npz")


def _check_outputs(model, path):
    with np.load(path) as file:
        expected = {key: file[key] for key in file}
    outputs = model({name: expected[name] for name in model.input_names})
    outputs = outputs if isinstance(outputs, dict) else {"logits": outputs}
    compared = outputs.keys() & expected
    assert compared
    for key in compared:
        np.testing.assert_allclose(outputs[key], expected[key], atol=1e-4, err_msg=key)
