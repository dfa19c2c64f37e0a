"""The files of our converters beside the peers are those that the command makes."""

from __future__ import annotations

import dataclasses

import pytest

from benchmarks import squeezebert
from benchmarks.peers.configs import PEERS
from converters.conversion.runs import convert_run
from converters.tflite.inspection import list_operators
from tests.benchmarks.test_peers import TINY
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.calibrated_checkpoint import load_or_calibrate

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


@pytest.mark.benchmarks
@pytest.mark.parametrize("family", PEERS)
def test_a_saved_checkpoint_becomes_the_same_operators(family, monkeypatch, tmp_path) -> None:
    monkeypatch.setitem(PEERS, family, _SIZES[family])
    folder, texts = tmp_path / "checkpoint", tmp_path / "texts.txt"
    squeezebert.keras_encoder(family, PEERS[family]).save_pretrained(folder)
    WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *_WORDS]).save_pretrained(
        folder
    )
    texts.write_text("\n".join(" ".join(_WORDS[i : i + 9]) for i in range(40)) + "\n", "utf-8")
    trained, _ = load_or_calibrate(folder, [texts], LENGTH)
    for profile in ("int8", "mobile"):
        by_command = convert_run(trained, profile=profile)
        built = squeezebert.build_encoder(family, profile, LENGTH)
        assert operators(by_command) == operators(built)
