"""Weights in one file, in shards and in files of PyTorch; and those that are refused."""

from __future__ import annotations

import json
import pickle
import shutil
import sys
import types

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from tests.tfsqueeze.checkpoint_folders import change_tensors, load_quietly
from tfsqueeze.checkpoints.huggingface import WEIGHTS_FILE
from tfsqueeze.checkpoints.weight_files import read_weights
from tfsqueeze.models.bert import BertForSequenceClassification
from tfsqueeze.utils.errors import UserError

INDEX = "model.safetensors.index.json"


@pytest.fixture
def folder(goldens_dir, tmp_path):
    name = "bert_sequence_classification"
    return shutil.copytree(goldens_dir / name, tmp_path / name)


@pytest.fixture
def sharded(folder):
    """The folder with two shards and their index in place of the weights."""
    tensors = load_file(folder / WEIGHTS_FILE)
    names = sorted(tensors)
    weight_map = {}
    for number, part in enumerate((names[::2], names[1::2]), 1):
        shard = f"model-0000{number}-of-00002.safetensors"
        save_file({name: tensors[name] for name in part}, folder / shard, {"format": "pt"})
        weight_map.update(dict.fromkeys(part, shard))
    (folder / WEIGHTS_FILE).unlink()
    write_index(folder, weight_map)
    return folder, tensors, weight_map


def write_index(folder, weight_map):
    index = {"metadata": {"total_size": 1}, "weight_map": weight_map}
    (folder / INDEX).write_text(json.dumps(index))


def test_shards_are_read_as_one_file(sharded, goldens_dir):
    folder, tensors, _ = sharded
    path, found = read_weights(folder)
    assert path.name == INDEX and set(found) == set(tensors)
    model = load_quietly(BertForSequenceClassification, folder)
    whole = load_quietly(
        BertForSequenceClassification, goldens_dir / "bert_sequence_classification"
    )
    for mine, theirs in zip(model.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize(
    "shard",
    ["../model.safetensors", "/etc/passwd", "a/b.safetensors", "a\\b", "", ".", "..", 5, None],
)
def test_no_shard_lies_outside_the_folder(sharded, shard):
    folder, tensors, weight_map = sharded
    weight_map[min(tensors)] = shard
    save_file(tensors, folder.parent / WEIGHTS_FILE)
    write_index(folder, weight_map)
    with pytest.raises(UserError, match=rf"^{folder / INDEX}: weight_map\..*: it is ") as error:
        read_weights(folder)
    assert str(error.value).isprintable()


def test_a_shard_is_missing(sharded):
    folder, _, _ = sharded
    (folder / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(UserError, match=r"model-00002-of-00002.safetensors is missing, which"):
        read_weights(folder)


def test_a_shard_and_the_index_disagree(sharded):
    folder, tensors, weight_map = sharded
    name = min(tensors)
    write_index(folder, {**weight_map, "x\u2028": weight_map[name]})
    with pytest.raises(UserError, match=r"lacks tensor 'x.u2028', unlike model.safetensors.index"):
        read_weights(folder)
    del weight_map[name]
    write_index(folder, weight_map)
    with pytest.raises(UserError, match=f"holds tensor '{name}', unlike {INDEX} says"):
        read_weights(folder)
    write_index(folder, {})
    with pytest.raises(UserError, match="weight_map: it names no tensor"):
        read_weights(folder)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_weight_that_is_no_number_is_refused_by_its_tensor(folder, value):
    name = "bert.encoder.layer.0.output.dense.bias"

    def spoil(tensors):
        tensors[name][3] = value

    change_tensors(folder, spoil)
    with pytest.raises(UserError, match=rf"{WEIGHTS_FILE}: tensor '{name}' holds NaN or infinity"):
        BertForSequenceClassification.from_pretrained(folder)


class Tensor:
    """Stands in for a tensor of PyTorch."""

    def __init__(self, array):
        self.array = array

    def is_floating_point(self):
        return self.array.dtype.kind == "f"

    def float(self):
        return Tensor(self.array.astype(np.float32))

    def numpy(self):
        return self.array


@pytest.fixture
def torch(monkeypatch):
    """Stands in for PyTorch: a file is a pickle of arrays."""

    def load(path, *, map_location, weights_only):
        assert map_location == "cpu" and weights_only is True
        content = path.read_bytes()
        if not content.startswith(b"\x80"):
            raise pickle.UnpicklingError("Weights only load failed.\nSee more")
        return {name: Tensor(array) for name, array in pickle.loads(content).items()}

    module = types.SimpleNamespace(load=load, __version__="2.6.0+cpu")
    monkeypatch.setitem(sys.modules, "torch", module)
    return module


def test_a_file_of_pytorch_is_read_by_its_loader_of_weights_alone(folder, torch):
    tensors = load_file(folder / WEIGHTS_FILE)
    (folder / WEIGHTS_FILE).unlink()
    path = folder / "pytorch_model.bin"
    path.write_bytes(
        pickle.dumps({**{k: v.astype("f2") for k, v in tensors.items()}, "ids": np.arange(3)})
    )
    found_path, found = read_weights(folder)
    assert found_path == path and found["ids"].dtype.kind == "i"
    name = min(tensors)
    assert found[name].dtype == np.float32
    np.testing.assert_allclose(found[name], tensors[name], rtol=1e-3)
    path.write_bytes(b"fake\n")
    with pytest.raises(UserError, match=r"is no file of tensors alone \(Unpick.*failed.\); save"):
        read_weights(folder)


@pytest.mark.parametrize(
    ("version", "message"),
    [(None, "which is not installed"), ("2.5.1", "not 2.5.1"), ("1.13.0a0", "not 1.13")],
)
def test_without_a_safe_loader_a_file_of_pytorch_is_refused(
    folder, torch, monkeypatch, version, message
):
    torch.__version__ = version
    if version is None:
        monkeypatch.setitem(sys.modules, "torch", None)
    (folder / WEIGHTS_FILE).rename(folder / "pytorch_model.bin")
    with pytest.raises(UserError, match=rf"PyTorch 2.6 or newer, {message}.*save_pretrained"):
        read_weights(folder)
