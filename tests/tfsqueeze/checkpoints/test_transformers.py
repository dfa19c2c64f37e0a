"""What `save_pretrained` writes, in transformers: loaded whole, with the same outputs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

import tfsqueeze
from tests.environments.environment import run_in_environment
from tests.tfsqueeze.checkpoint_folders import load_quietly
from tests.tfsqueeze.conftest import TINY_CONFIGS
from tfsqueeze.checkpoints.huggingface import CONFIG_FILE, WEIGHTS_FILE
from tfsqueeze.configs.problem_type import ProblemType
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer

_SCRIPT = Path(__file__).parents[2] / "environments" / "transformers_outputs.py"
_HEADS = (
    "Model", "ForMaskedLM", "ForQuestionAnswering", "ForSequenceClassification",
    "ForTokenClassification",
)  # fmt: skip
# transformers' SqueezeBERT has a pooler under every head, and these compute nothing with it.
_POOLER = ["transformer.pooler.dense.bias", "transformer.pooler.dense.weight"]
_WITHOUT_POOLER = [
    f"SqueezeBertFor{head}" for head in ("MaskedLM", "QuestionAnswering", "TokenClassification")
]
_WORDS = "the cat sings who runs in a garden ! ? [ ] un ##heard".split()


@pytest.fixture
def models(tiny_config, tiny_batch, randomize, tmp_path):
    """A model of every architecture and head, with random weights, saved by its name."""
    configs = {"SqueezeBert": tiny_config(), **TINY_CONFIGS}
    models = {
        f"{architecture}{head}": getattr(tfsqueeze, architecture + head)(
            config.with_labels(["zebra", "apple", "mango"])
        )
        for architecture, config in configs.items()
        for head in _HEADS
        if hasattr(tfsqueeze, architecture + head)
    }
    for problem in (ProblemType.REGRESSION, ProblemType.MULTI_LABEL_CLASSIFICATION):
        config = configs["Bert"].with_labels(["one"], problem)
        models[problem.value] = tfsqueeze.BertForSequenceClassification(config)
    config = configs["Bert"].replace(hidden_act="sigmoid_gelu")
    models["quick_gelu"] = tfsqueeze.BertModel(config)
    for name, model in models.items():
        randomize(model).save_pretrained(tmp_path / name)
        np.savez(tmp_path / name / "inputs.npz", **{x: tiny_batch[x] for x in model.input_names})
    return models


@pytest.mark.readers
def test_transformers_computes_the_same(models, tiny_batch, tmp_path):
    run_in_environment("transformers", _SCRIPT, *(tmp_path / name for name in models))
    for name, model in models.items():
        folder = tmp_path / name
        new = _POOLER if name in _WITHOUT_POOLER else []
        report = json.loads((folder / "report.json").read_text())
        assert report == ({"missing_keys": new} if new else {}), name
        outputs = model({x: tiny_batch[x] for x in model.input_names})
        outputs = outputs if isinstance(outputs, dict) else {"logits": outputs}
        with np.load(folder / "outputs.npz") as file:
            compared = outputs.keys() & set(file)
            assert compared, name
            for key in compared:
                np.testing.assert_allclose(
                    outputs[key], file[key], atol=2e-5, rtol=2e-5, err_msg=f"{name} {key}"
                )
        # transformers writes the same tensors, and the same values in the fields of ours.
        original, again = (load_file(f / WEIGHTS_FILE) for f in (folder, folder / "again"))
        assert set(again) == {*original, *new}, name
        assert all(again[key].tobytes() == value.tobytes() for key, value in original.items())
        fields, theirs = (
            json.loads((f / CONFIG_FILE).read_text()) for f in (folder, folder / "again")
        )
        missing = set(fields) - set(theirs)
        assert missing <= {"id2label", "label2id"}, (name, missing)
        assert {key: theirs[key] for key in fields.keys() - missing} == {
            key: fields[key] for key in fields.keys() - missing
        }, name
        loaded = load_quietly(type(model), folder / "again")
        assert loaded.config == type(model).config_class.from_json(folder / CONFIG_FILE), name
        for ours, read in zip(model.get_weights(), loaded.get_weights(), strict=True):
            np.testing.assert_array_equal(ours, read)


@pytest.mark.readers
@pytest.mark.parametrize("special", [["[MASK]"], []], ids=["mask", "no_mask"])
def test_transformers_reads_the_tokenizer(special, tiny_config, tiny_batch, tmp_path):
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *special, *_WORDS]
    tokenizer = WordPieceTokenizer(vocabulary, max_length=16)
    configs = {"SqueezeBert": tiny_config(), **TINY_CONFIGS}
    for name, config in configs.items():
        model = getattr(tfsqueeze, f"{name}Model")(config.replace(vocab_size=len(vocabulary)))
        model.save_pretrained(tmp_path / name)
        tokenizer.save_pretrained(tmp_path / name)
        np.savez(
            tmp_path / name / "inputs.npz",
            **{x: np.minimum(tiny_batch[x], 5) for x in model.input_names},
        )
    run_in_environment("transformers", _SCRIPT, *(tmp_path / name for name in configs))
    for name in configs:
        found = json.loads((tmp_path / name / "tokens.json").read_text())
        assert found["length"] == len(vocabulary), name
        texts = found["texts"]
        rows = [row[:n] for row, n in _rows(tokenizer(texts))]
        assert found["ids"] == rows, name
        assert found["pairs"]["input_ids"] == [
            row[:n] for row, n in _rows(tokenizer(texts, texts[::-1]))
        ]


def _rows(batch):
    lengths = batch["attention_mask"].numpy().sum(axis=1)
    return zip(batch["input_ids"].numpy().tolist(), lengths, strict=True)
