"""Damaged and hostile checkpoints are refused with one sentence, and before anything is built."""

from __future__ import annotations

import json
import random
import shutil
import struct

import pytest

from tests.faults.hostile_data import mutated_inputs, read, write
from tests.tfsqueeze.checkpoint_folders import change_config
from tfsqueeze.checkpoints.huggingface import CONFIG_FILE, WEIGHTS_FILE
from tfsqueeze.checkpoints.safetensors_file import read_tensors
from tfsqueeze.models.architectures import read_config
from tfsqueeze.models.bert import BertForSequenceClassification
from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.models.squeezebert import SqueezeBertForSequenceClassification
from tfsqueeze.utils.errors import UserError

CLASSES = {
    "squeezebert": SqueezeBertForSequenceClassification,
    "bert": BertForSequenceClassification,
}


@pytest.fixture(params=CLASSES)
def checkpoint(request, goldens_dir, tmp_path, monkeypatch):
    """A folder of a checkpoint and its class, of which no model may be built."""

    def build(self, *_, **__):
        raise AssertionError("a model is built")

    monkeypatch.setattr(PreTrainedModel, "__init__", build)
    name = f"{request.param}_sequence_classification"
    return shutil.copytree(goldens_dir / name, tmp_path / name), CLASSES[request.param]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"hidden_size": 10**9},
            r"describes an encoder of [\d,]+ parameters, and model.safetensors",
        ),
        ({"vocab_size": 10**9}, "describes an encoder of"),
        ({"intermediate_size": 10**9}, "describes an encoder of"),
        ({"max_position_embeddings": 10**12}, "describes an encoder of"),
        ({"type_vocab_size": 10**200}, "describes an encoder of"),
        (
            {"num_hidden_layers": 10_000, "layer_types": None},
            "num_hidden_layers must be at most 48",
        ),
        ({"num_hidden_layers": 48, "layer_types": None}, "describes 48 layers .* holds those of"),
        ({"num_labels": 10**9, "id2label": None}, "num_labels must be an integer from 1 to"),
        ({"num_labels": "x", "id2label": None}, "num_labels must be an integer from 1 to"),
        ({"architectures": 5}, "architectures must be a list of names, not 5"),
        ({"architectures": {"a": 1}}, "architectures must be a list of names"),
        ({"slot_labels": 5}, "slot_labels must be a list of names, not 5"),
        ({"model_type": {}}, "model_type {} is not one of squeezebert, bert|describes a {} model"),
    ],
)
def test_sizes_and_types_are_checked_before_a_model_is_built(checkpoint, fields, message):
    folder, model_class = checkpoint
    change_config(folder, **fields)
    with pytest.raises(UserError, match=f"^{folder / CONFIG_FILE}.*{message}") as error:
        model_class.from_pretrained(folder)
    assert str(error.value).isprintable()


def test_the_layer_types_of_a_squeezebert(goldens_dir, tmp_path):
    folder = shutil.copytree(goldens_dir / "squeezebert_base", tmp_path / "a")
    change_config(folder, layer_types=5)
    with pytest.raises(UserError, match="layer_types must be a list of layer types or None, not 5"):
        read_config(folder / CONFIG_FILE)


def test_an_architecture_of_another_type_names_the_file(goldens_dir, tmp_path):
    folder = shutil.copytree(goldens_dir / "bert_base", tmp_path / "a")
    for value in (["bert"], 3, "gpt2", None):
        change_config(folder, model_type=value)
        with pytest.raises(UserError, match=r"config\.json: model_type .* is not one of squeezeb"):
            read_config(folder / CONFIG_FILE)


def safetensors(header, data=b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def tensor(begin, end, shape, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (safetensors(b"[" * 100_000), "is not a safetensors file"),
        (safetensors(b'{"a":' * 100_000), "is not a safetensors file"),
        (safetensors({"a": tensor(0, 8, [2]), "b": tensor(4, 8, [1])}, bytes(8)), "is not a safe"),
        (safetensors({"a": tensor(0, 8, [2]), "b": tensor(12, 16, [1])}, bytes(16)), "is not a s"),
        (safetensors({"a": tensor(0, 80, [20])}, bytes(8)), "truncated at tensor 'a': .* byte 80"),
        (safetensors({"a": tensor(0, 8, [2**62, 2])}, bytes(8)), "is not a safetensors file"),
        (safetensors({"a": tensor(0, 8, [3])}, bytes(8)), "is not a safetensors file"),
        (safetensors({"a": tensor(8, 0, [2])}, bytes(8)), "is not a safetensors file"),
        (safetensors({"a": tensor(0, "8", [2])}, bytes(8)), "is not a safetensors file"),
        (safetensors({"a": tensor(0, 8, [2], "X" * 5_000)}, bytes(8)), "is not a safetensors file"),
        (safetensors({"a": tensor(0, 8, [2], "x\u2028\x1b")}, bytes(8)), "is not a safetensors"),
        (safetensors({"a": tensor(0, 8, [8], "F8_E5M2")}, bytes(8)), "has dtype F8_E5M2; save it"),
        (safetensors(b'{"a": NaN}'), "is not a safetensors file"),
        (safetensors(b"\xff\xfe"), "is not a safetensors file"),
        (
            struct.pack("<Q", 2**63) + b"{}",
            "its header should be 9223372036854775808 bytes",
        ),
        (struct.pack("<Q", 2**64 - 1) + b"{}", "is truncated: its header should be"),
    ],
)
def test_hostile_headers(tmp_path, content, message):
    path = tmp_path / WEIGHTS_FILE
    path.write_bytes(content)
    with pytest.raises(UserError, match=message) as error:
        read_tensors(path)
    assert str(error.value).isprintable() and len(str(error.value)) < 500


@pytest.mark.parametrize(
    "kind",
    [
        "config.json",
        "safetensors",
        "shards",
        "tokenizer.json",
        "tokenizer_config.json",
        "vocab.txt",
    ],
)
def test_damaged_files(kind, tmp_path):
    inputs = mutated_inputs(random.Random(0), kind)
    outcomes = [read(kind, write(kind, next(inputs), tmp_path / "files")) for _ in range(40)]
    # Some of the changes do no harm.
    assert set(outcomes) == {True, False}
