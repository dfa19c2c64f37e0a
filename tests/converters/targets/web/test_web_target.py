"""What `tfsqueeze export --target web` writes."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from converters.inference.predictor import Predictor
from converters.targets import web
from converters.targets.web import litert_js, npm_packages
from converters.targets.web.npm_packages import NpmPackage, fetch_npm_package
from converters.targets.web.web_target import WebTarget, describe_model
from converters.tflite.inspection import require_int8
from tfsqueeze.cli.main import app
from tfsqueeze.tasks import TASKS
from tfsqueeze.utils.errors import UserError

PAGE = Path(web.__file__).parent / "page"
IMPORT_MAP = r'"importmap">(.+?)<'


def found(pattern: str, text: str, flags: int = 0) -> str:
    """Returns the first group of a pattern's only place in a text."""
    (place,) = re.findall(pattern, text, flags)
    return place


@pytest.fixture(scope="module")
def exported(tmp_path_factory, trained_run, npm):
    folder = tmp_path_factory.mktemp("web") / "page"
    command = ["export", str(trained_run.folder), "--target", "web", "-o", str(folder), "--json"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    return folder, json.loads(result.stdout)


def test_the_folder_has_the_page_litert_js_and_the_model(exported, trained_run):
    folder, facts = exported
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {file["name"] for file in facts["files"]} == names - {".tfsqueeze-export"}
    assert {
        "index.html",
        "app.js",
        "style.css",
        "model.json",
        "model.tflite",
        "litert/core.js",
        "litert/wasm-utils.js",
        "litert/litert_wasm_internal.wasm",
        "litert/litert_wasm_compat_internal.js",
        "litert/NOTICE.txt",
        "tokenizer/characters.bin",
    } <= names
    assert facts["max_lengths"] == [16]
    require_int8(folder / "model.tflite", allow_float_output=True)


def test_the_model_says_the_same_to_the_page_and_to_python(exported, trained_run):
    folder, _ = exported
    about = json.loads((folder / "model.json").read_text("utf-8"))
    assert about["task"] == "text-classification" and about["max_length"] == 16
    assert about["labels"] == trained_run.label_names
    assert about["vocabulary"] == list(trained_run.tokenizer.vocabulary)
    assert about["signatures"] == [
        {"key": "serving_default", "length": 16, "inputs": ["input_ids"]}
    ]
    assert about == describe_model((folder / "model.tflite").read_bytes())
    (prediction,) = Predictor.open(folder / "model.tflite").predict(["the cat and the dog"])
    assert prediction.label == "animals"


def test_every_import_and_every_file_of_the_page_is_there(exported):
    folder, _ = exported
    for script in PAGE.rglob("*.js"):
        path = folder / script.relative_to(PAGE)
        for name in re.findall(r"from '([^']+)'", path.read_text("utf-8")):
            assert (path.parent / name).is_file(), (script, name)
    html = (folder / "index.html").read_text("utf-8")
    names = re.findall(r'(?:src|href)="([^":]+)"', html)
    names += json.loads(found(IMPORT_MAP, html))["imports"].values()
    assert len(names) == 4
    for name in names:
        assert (folder / name).is_file(), name


def test_the_page_reaches_no_other_host():
    for path in PAGE.rglob("*.*"):
        if path.suffix in (".js", ".html", ".css"):
            assert not re.search(r"https?:|//[a-z]", path.read_text("utf-8")), path
    html = (PAGE / "index.html").read_text("utf-8")
    policy = found(r'Content-Security-Policy" content="([^"]+)"', html)
    assert "default-src 'none'" in policy and "connect-src 'self'" in policy
    digest = hashlib.sha256(found(IMPORT_MAP, html).encode()).digest()
    assert f"'sha256-{base64.b64encode(digest).decode()}'" in policy


@pytest.mark.parametrize(
    ("file", "table"),
    [
        ("predictors/open_predictor.js", "PREDICTORS"),
        ("fields.js", "FIELDS"),
        ("views.js", "VIEWS"),
    ],
)
def test_the_page_knows_every_task(file, table):
    source = (PAGE / file).read_text("utf-8")
    body = found(rf"{table} = \{{(.+?)^\}};", source, re.DOTALL | re.MULTILINE)
    assert set(re.findall(r"^  '([a-z-]+)':", body, re.MULTILINE)) == set(TASKS)


def test_the_table_of_characters_is_the_android_apps():
    from android_demo.core.character_table import TABLES

    app, page = (path.read_bytes() for path in TABLES)
    assert app == page


def test_without_npm_nothing_is_written(tmp_path, trained_run, monkeypatch):
    monkeypatch.setenv("TFSQUEEZE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(npm_packages.shutil, "which", lambda name: None)
    folder = tmp_path / "page"
    folder.mkdir()
    message = "npm is not installed, and fetches @litertjs/core 2.5.3; install Node.js with npm"
    with pytest.raises(UserError, match=message):
        WebTarget().export(trained_run, folder)
    assert not list(folder.iterdir())


def test_another_sha256_is_refused(tmp_path, monkeypatch, npm):
    monkeypatch.setenv("TFSQUEEZE_CACHE", str(tmp_path))
    utils = litert_js.WASM_UTILS
    with pytest.raises(UserError, match="of npm's registry has the sha256 .+, not 0000"):
        fetch_npm_package(NpmPackage(utils.name, utils.version, "0" * 64))
    assert not list(tmp_path.rglob("*.tgz"))


def test_a_version_that_does_not_exist_is_refused(tmp_path, monkeypatch, npm):
    monkeypatch.setenv("TFSQUEEZE_CACHE", str(tmp_path))
    with pytest.raises(UserError, match="could not download @litertjs/core 0.0.77 with npm"):
        fetch_npm_package(NpmPackage("@litertjs/core", "0.0.77", ""))


def test_a_damaged_file_of_the_cache_is_downloaded_anew(tmp_path, monkeypatch, npm):
    monkeypatch.setenv("TFSQUEEZE_CACHE", str(tmp_path))
    path = fetch_npm_package(litert_js.WASM_UTILS)
    content = path.read_bytes()
    path.write_bytes(b"damaged")
    assert fetch_npm_package(litert_js.WASM_UTILS).read_bytes() == content
