"""Noisy copies of what a run learns from, and texts without labels."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tfsqueeze.data.datasets.concatenation import concatenate
from tfsqueeze.data.datasets.neighbour_words import augment
from tfsqueeze.data.datasets.question_dataset import QuestionDataset
from tfsqueeze.data.datasets.text_dataset import TextDataset, TextDatasetSplits
from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.training.examples import with_noise, with_unlabelled
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError

TEXTS = [f"Farmers, said the news, sold {i} tonnes of corn there" for i in range(40)]
OPTIONS = TrainingOptions(noisy_copies=2, noise_level=0.2)


def test_texts_and_pairs_get_noise_and_keep_their_labels():
    dataset = TextDataset("news", TEXTS, labels=[str(i) for i in range(40)], text_pairs=TEXTS[::-1])
    noisy, sources = with_noise(dataset, OPTIONS)
    assert noisy.take(range(40)) == dataset and len(noisy) == 120
    assert noisy.labels == 3 * dataset.labels
    np.testing.assert_array_equal(sources, np.tile(np.arange(40), 3))
    for column in ("texts", "text_pairs"):
        copies = [getattr(noisy, column)[start : start + 40] for start in (0, 40, 80)]
        assert copies[1] != copies[2]
        assert np.mean([a != b for a, b in zip(copies[0], copies[1], strict=True)]) > 0.8
    # Noise of its own for each of the two.
    assert noisy.texts[40:80] != noisy.text_pairs[40:80][::-1]
    assert noisy == with_noise(dataset, OPTIONS)[0]
    assert noisy != with_noise(dataset, dataclasses.replace(OPTIONS, seed=1))[0]


def test_words_keep_their_tags():
    sentences = [text.split() for text in TEXTS]
    dataset = TokenDataset(
        "news",
        sentences,
        tags=[[f"B-{word}" for word in words] for words in sentences],
        languages=["en"] * 40,
    )
    noisy, _ = with_noise(dataset, dataclasses.replace(OPTIONS, noise_level=1.0))
    assert noisy.take(range(40)) == dataset and noisy.languages == ["en"] * 120
    assert noisy.tags == 3 * dataset.tags
    assert all(
        word and not any(c.isspace() for c in word) for words in noisy.sentences for word in words
    )
    changed = [
        a != b
        for old, new in zip(3 * sentences, noisy.sentences, strict=True)
        for a, b in zip(old, new, strict=True)
    ]
    assert np.mean(changed[len(changed) // 3 :]) > 0.8


def test_copies_are_of_the_originals_alone():
    dataset = TextDataset("news", TEXTS, labels=TEXTS)
    noisy, sources = with_noise(dataset, dataclasses.replace(OPTIONS, noisy_copies=1), 10)
    assert noisy.labels == TEXTS + TEXTS[:10]
    np.testing.assert_array_equal(sources, [*range(40), *range(10)])
    assert with_noise(dataset, TrainingOptions())[0] is dataset


def test_what_cannot_be_copied_or_joined_is_refused():
    with pytest.raises(UserError, match="a QuestionDataset, of which no variants can be made"):
        with_noise(QuestionDataset("squad", [], [], [], [], []), OPTIONS)
    with pytest.raises(UserError, match="copies must be at least 1"):
        augment(TextDataset("news", TEXTS), 0, list)
    with pytest.raises(UserError, match="b has no labels"):
        concatenate([TextDataset("a", ["x"], labels=["y"]), TextDataset("b", ["x"])])
    with pytest.raises(UserError, match="noise_level must be above 0 and at most 1, not 0"):
        TrainingOptions(noise_level=0)
    with pytest.raises(UserError, match="noisy_copies must not be negative"):
        TrainingOptions(noisy_copies=-1)


def test_unlabelled_texts_are_new_to_all_parts(tmp_path):
    source = tmp_path / "more.txt"
    source.write_text("Profit rose.\nprofit ROSE\nrain\nRAIN!\nit snows\n\n...\n", "utf-8")
    splits = TextDatasetSplits(
        TextDataset("news", ["the profit rose", "hail"], labels=["a", "b"]),
        TextDataset("news", ["rain"], labels=["b"]),
        TextDataset("news", ["It snows?"], labels=["a"]),
    )
    found = with_unlabelled(splits, [str(source)], tmp_path / "texts")
    assert found.texts == ["the profit rose", "hail", "Profit rose."]
    assert found.labels[:2] == ["a", "b"]
    assert with_unlabelled(splits, [], tmp_path) is splits.train
    with pytest.raises(UserError, match="does not exist"):
        with_unlabelled(splits, ["nowhere.txt"], tmp_path)
    pairs = TextDatasetSplits(
        TextDataset("both", ["x"], labels=["b"], text_pairs=["y"]), splits.validation, None
    )
    with pytest.raises(UserError, match="both is not one of single texts"):
        with_unlabelled(pairs, [str(source)], tmp_path)
    with pytest.raises(UserError, match="unlabelled texts need a teacher"):
        TrainingOptions(unlabelled=["more.txt"])
