"""Models of the hub are pinned by revision, and what lies in a cache is checked when it is used."""

from __future__ import annotations

import hashlib
import re

import huggingface_hub
import pytest

from tfsqueeze.checkpoints import minilm as minilm_module
from tfsqueeze.checkpoints.minilm import minilm_folder
from tfsqueeze.checkpoints.model_sources import pin_revision, pretrained_folder
from tfsqueeze.training.model_setup import pin_models
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.archives import cache_dir
from tfsqueeze.utils.errors import UserError

COMMITS = {"v1": "1" * 40, "main": "2" * 40}


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """Stands in for the hub: a cache in its layout, with a file of each size of digest."""
    contents = {"config.json": b'{"model_type": "bert"}', "model.safetensors": b"weights"}

    def snapshot_download(hub_id, revision, allow_patterns):
        assert hub_id == "someone/model" and set(contents) <= set(allow_patterns)
        commit = COMMITS.get(revision or "main", revision)
        folder = tmp_path / "hub" / "snapshots" / commit
        blobs = tmp_path / "hub" / "blobs"
        for made in (folder, blobs):
            made.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            digest = (
                hashlib.sha256(content)
                if name.endswith(".safetensors")
                else hashlib.sha1(b"blob %d\0" % len(content) + content)
            ).hexdigest()
            if not (folder / name).exists():
                (blobs / digest).write_bytes(content)
                (folder / name).symlink_to(blobs / digest)
        return str(folder)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    monkeypatch.chdir(tmp_path)


def test_a_source_is_pinned_to_its_commit(hub, tmp_path):
    assert pin_revision("someone/model") == f"someone/model@{COMMITS['main']}"
    assert pin_revision("someone/model@v1") == f"someone/model@{COMMITS['v1']}"
    (tmp_path / "here").mkdir()
    for source in ("squeezebert-tiny", "all-minilm-l6-v2", str(tmp_path / "here"), "here"):
        assert pin_revision(source) == source


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_damaged_file_of_the_hub_is_named(hub, name):
    file = pretrained_folder("someone/model") / name
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    with pytest.raises(UserError, match=f"{re.escape(str(file))} is damaged: .* someone/model"):
        pretrained_folder("someone/model")


def test_a_run_keeps_to_the_revision_of_its_first_start(hub, tmp_path, monkeypatch):
    options = TrainingOptions(pretrained="someone/model")
    pinned = pin_models(tmp_path, options)
    assert pinned.pretrained == f"someone/model@{COMMITS['main']}" and pinned.tokenizer is None
    monkeypatch.setitem(COMMITS, "main", "3" * 40)
    assert pin_models(tmp_path, options) == pinned


def test_unpacked_files_are_checked_when_used(monkeypatch, tmp_path):
    whole = minilm_folder()
    monkeypatch.setenv("TFSQUEEZE_CACHE", str(tmp_path))
    (tmp_path / "archives").symlink_to(whole.parents[1] / "archives")
    folder = minilm_folder()
    assert folder.is_relative_to(cache_dir()) and folder != whole
    for damage in (lambda path: path.write_bytes(b"[PAD]\n"), lambda path: path.unlink()):
        damage(folder / "vocab.txt")
        assert (minilm_folder() / "vocab.txt").read_bytes() == (whole / "vocab.txt").read_bytes()
    # Whole files are not unpacked again.
    monkeypatch.setattr(minilm_module, "fetch_archive", None)
    minilm_folder()
