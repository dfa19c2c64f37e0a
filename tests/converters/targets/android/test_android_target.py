"""What `tfsqueeze export --target android` writes into the assets of the app."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from converters.inference.predictor import Predictor
from converters.targets.signature_lengths import signature_lengths
from converters.tflite.inspection import require_int8_products
from converters.tflite.metadata import read_metadata
from tfsqueeze.cli.main import app

TEXTS = ["the cat and the dog", "Bread, CHEESE & soup!", "snow " * 20, ""]


def export(run, folder, *options):
    return CliRunner().invoke(
        app, ["export", str(run.folder), "--target", "android", "--output", str(folder), *options]
    )


@pytest.fixture(scope="module")
def assets(tmp_path_factory, trained_run):
    """A folder with other files of the app, and the export beside them."""
    folder = tmp_path_factory.mktemp("assets")
    (folder / "other.tflite").write_bytes(b"another run's")
    (folder / ".gitignore").write_text("*.tflite\n")
    result = export(trained_run, folder, "--json")
    assert result.exit_code == 0, result.output
    return folder, json.loads(result.stdout)


def test_the_other_files_of_the_folder_stay(assets, trained_run):
    folder, facts = assets
    name = f"{trained_run.folder.name}.tflite"
    assert {path.name for path in folder.iterdir()} == {name, "other.tflite", ".gitignore"}
    assert (folder / "other.tflite").read_bytes() == b"another run's"
    assert facts["files"] == [{"name": name, "bytes": (folder / name).stat().st_size}]


def test_it_is_the_mobile_profile_with_labels_and_vocabulary(assets, trained_run):
    folder, facts = assets
    path = folder / facts["files"][0]["name"]
    assert facts["max_lengths"] == [16]
    require_int8_products(path)
    metadata = read_metadata(path)
    assert metadata.labels == trained_run.label_names
    assert metadata.vocabulary == list(trained_run.tokenizer.vocabulary)
    predictor = Predictor.open(path)
    for prediction, topic in zip(
        predictor.predict(TEXTS[:3]), ("animals", "food", "weather"), strict=True
    ):
        assert prediction.label == topic


@pytest.mark.parametrize(
    ("longest", "lengths"),
    [(128, [128, 64, 32]), (100, [100, 50, 25]), (48, [48, 24]), (32, [32, 16]), (24, [24])],
)
def test_short_texts_have_shorter_signatures(longest, lengths):
    assert signature_lengths(longest) == lengths


def test_exporting_again_replaces_that_model_alone(assets, trained_run):
    folder, facts = assets
    path = folder / facts["files"][0]["name"]
    before = path.read_bytes()
    path.write_bytes(b"stale")
    assert export(trained_run, folder).exit_code == 0
    assert path.read_bytes() == before
    assert len(list(folder.iterdir())) == 3


def test_the_texts_of_an_earlier_model_leave(assets, trained_run):
    folder, facts = assets
    index = (folder / facts["files"][0]["name"]).with_suffix(".safetensors")
    for name in (index.name, "other.safetensors"):
        (folder / name).write_bytes(b"texts")
    assert export(trained_run, folder).exit_code == 0
    assert not index.exists() and (folder / "other.safetensors").read_bytes() == b"texts"


def test_a_folder_that_is_no_run_leaves_the_assets_alone(tmp_path):
    result = CliRunner().invoke(
        app,
        [
            "export",
            str(tmp_path / "none"),
            "--target",
            "android",
            "--output",
            str(tmp_path / "assets"),
        ],
    )
    assert result.exit_code == 1 and "is not a folder" in " ".join(result.stderr.split())
    assert not (tmp_path / "assets").exists()


def test_only_an_embedder_searches_texts(trained_run, tmp_path):
    (tmp_path / "texts.txt").write_text("rain\n")
    result = export(trained_run, tmp_path / "out", "--search-texts", str(tmp_path / "texts.txt"))
    assert result.exit_code == 1
    assert "only a model for sentence-embeddings searches texts" in " ".join(result.stderr.split())
