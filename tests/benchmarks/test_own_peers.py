"""The files of our converters beside the peers are those that the command makes."""

from __future__ import annotations

import dataclasses

import pytest
from typer.testing import CliRunner

from benchmarks import squeezebert
from benchmarks.peers.configs import PEERS
from converters.tflite.inspection import list_operators
from tests.benchmarks.test_peers import TINY
from tfsqueeze.cli.main import app
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer

LENGTH = 12
_WORDS = [f"word{index}" for index in range(55)]
_SIZES = {
    "bert-base": TINY["bert"],
    "distilbert": TINY["bert"],
    "albert-base": TINY["albert"],
    "mobilebert": dataclasses.replace(TINY["mobilebert"], num_feedforward_networks=2),
}


def operators(content):
    return [
        (
            operator.name,
            [(x.dtype, x.shape) for x in operator.inputs],
            [(x.dtype, x.shape) for x in operator.outputs],
        )
        for operator in list_operators(content)
    ]


@pytest.mark.parametrize("family", PEERS)
def test_a_saved_checkpoint_becomes_the_same_operators(family, monkeypatch, tmp_path) -> None:
    monkeypatch.setitem(PEERS, family, _SIZES[family])
    folder, texts, file = tmp_path / "checkpoint", tmp_path / "texts.txt", tmp_path / "own.tflite"
    squeezebert.keras_encoder(family, PEERS[family]).save_pretrained(folder)
    WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *_WORDS]).save_pretrained(
        folder
    )
    texts.write_text("\n".join(" ".join(_WORDS[i : i + 9]) for i in range(40)) + "\n", "utf-8")
    for profile in ("int8", "mobile"):
        options = ["--max-length", str(LENGTH), "--profile", profile, "--calibration", str(texts)]
        result = CliRunner().invoke(app, ["convert", str(folder), "-o", str(file), *options])
        assert result.exit_code == 0, result.output
        built = squeezebert.build_encoder(family, profile, LENGTH)
        assert operators(file.read_bytes()) == operators(built)
