"""Labels of a file reach the terminal as they are: neither as markup nor as escape sequences."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from converters.tflite.metadata import pack_metadata
from converters.tflite.tflite_file import TFLiteFile
from tests.conftest import WORDS
from tfsqueeze.cli.main import app

MARKUP = ["[/]0", "[bold]x[/bold]", "[link=file:///]y"]
ESCAPES = ["\x1b[31mred\x1b]0;title\x07", "a\x9bb", "c\u202ed"]


@pytest.fixture
def relabelled(topics_model, tmp_path):
    """A function that returns a file with other labels."""

    def make(labels):
        known = TFLiteFile.open(topics_model).metadata
        content = pack_metadata(
            topics_model.read_bytes(),
            labels=labels,
            **{
                name: getattr(known, name)
                for name in ("name", "description", "vocabulary", "tokenizer", "extra", "task")
            },
        )
        (tmp_path / "model.tflite").write_bytes(content)
        return tmp_path / "model.tflite"

    return make


def run(*arguments):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("labels", [MARKUP, ESCAPES], ids=["markup", "escapes"])
def test_predict_and_info(labels, relabelled):
    model = relabelled(labels)
    texts = [" ".join(words) for words in WORDS.values()]
    for shown in (run("predict", model, *texts), run("info", model)):
        assert not set("\x1b\x07\x9b\u202e") & set(shown)
        for label in labels:
            visible = "".join(c if c.isprintable() else "\ufffd" for c in label)
            assert visible[:8] in shown, shown


def test_evaluate(relabelled, tmp_path):
    rows = [
        (label, word) for label, words in zip(MARKUP, WORDS.values(), strict=True) for word in words
    ]
    table = tmp_path / "test.tsv"
    table.write_text("label\ttext\n" + "".join(f"{label}\t{word}\n" for label, word in rows))
    shown = run("evaluate", relabelled(MARKUP), table)
    assert all(label[:8] in shown for label in MARKUP), shown
