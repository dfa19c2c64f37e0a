"""The backbones that this package holds: loaded by name without a network, and trained."""

from __future__ import annotations

import numpy as np
import pytest

from tfsqueeze.checkpoints.model_sources import BACKBONES, pretrained_folder
from tfsqueeze.configs.presets import load_preset
from tfsqueeze.models.sentence_encoder import SentenceEncoder
from tfsqueeze.models.squeezebert import SqueezeBertForSequenceClassification, SqueezeBertModel
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.utils.errors import UserError

# The most bytes of each.
NAMES = {"squeezebert-small": 15e6, "squeezebert-tiny": 12e6}
ALIKE = [
    ("How do I reset my password?", "I forgot my password, what now?"),
    ("The film was a delight.", "A wonderful movie!"),
    ("Oil prices rose sharply on Monday.", "Crude became more expensive this week."),
    ("What will the weather be tomorrow?", "Is it going to rain tomorrow?"),
    ("Transfer money to my savings account.", "Send cash to the bank account."),
]


@pytest.fixture
def no_network(monkeypatch):
    import huggingface_hub

    from tfsqueeze.utils import archives

    def refuse(*arguments, **options):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
    monkeypatch.setattr(archives, "fetch_archive", refuse)


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


def test_it_is_whole_and_small(name):
    folder = pretrained_folder(name)
    assert name in BACKBONES
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    assert {
        "README.md",
        "config.json",
        "model.safetensors",
        "vocab.txt",
        "tokenizer_config.json",
    } <= set(sizes)
    assert sum(sizes.values()) < NAMES[name]
    config = SqueezeBertModel.from_pretrained(name).config
    preset = load_preset(name)
    assert config.replace(id2label=preset.id2label) == preset


def test_sentences_of_like_meaning_are_near(name, no_network):
    encoder = SentenceEncoder(
        SqueezeBertModel.from_pretrained(name, input_names=("input_ids", "attention_mask")),
        WordPieceTokenizer.from_pretrained(pretrained_folder(name)),
    )
    first, second = (encoder.encode(texts) for texts in zip(*ALIKE, strict=True))
    similarity = first @ second.T
    np.testing.assert_array_equal(similarity.argmax(axis=1), np.arange(len(ALIKE)))
    others = similarity[~np.eye(len(ALIKE), dtype=bool)]
    assert similarity.diagonal().min() > others.mean() + 0.2


def test_a_classifier_starts_from_it(name, no_network):
    with pytest.warns(UserWarning, match="classifier.weight"):
        model = SqueezeBertForSequenceClassification.from_pretrained(name, num_labels=3)
    bare = SqueezeBertModel.from_pretrained(name)
    for layer in ("layer_2_query", "pooler"):
        np.testing.assert_array_equal(
            model.get_layer(layer).get_weights()[0], bare.get_layer(layer).get_weights()[0]
        )


def test_an_unknown_name_lists_the_known_ones(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="squeezebert-tiny"):
        pretrained_folder("./squeezebert-teeny")
