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
from tfsqueeze.training.examples import (
    Examples,
    Origin,
    add_noisy_copies,
    add_unlabelled,
    prepare_examples,
)
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError

TEXTS = [f"Farmers, said the news, sold {i} tonnes of corn there" for i in range(40)]
OPTIONS = TrainingOptions(noisy_copies=2, noise_level=0.2)


def _noisy(dataset, options):
    return add_noisy_copies(Examples.originals(dataset), options).dataset


def test_pairs_are_learnt_in_both_orders():
    pairs = TextDataset("pairs", ["a", "b"], labels=["x", "y"], text_pairs=["c", "d"])
    splits = TextDatasetSplits(pairs, pairs)
    examples = prepare_examples(splits, TrainingOptions(both_orders=True), None, None)
    assert examples.dataset.texts == ["a", "b", "c", "d"]
    assert examples.dataset.text_pairs == ["c", "d", "a", "b"]
    assert examples.dataset.labels == ["x", "y", "x", "y"]
    assert examples.origins.tolist() == 4 * [Origin.ORIGINAL]
    single = TextDataset("single", ["a", "b"], labels=["x", "y"])
    with pytest.raises(UserError, match="single has no pairs of texts; train without both_orders"):
        prepare_examples(
            TextDatasetSplits(single, single), TrainingOptions(both_orders=True), None, None
        )


def test_texts_and_pairs_get_noise_and_keep_their_labels():
    dataset = TextDataset("news", TEXTS, labels=[str(i) for i in range(40)], text_pairs=TEXTS[::-1])
    examples = add_noisy_copies(Examples.originals(dataset), OPTIONS)
    noisy, sources = examples.dataset, examples.sources
    assert noisy.take(range(40)) == dataset and len(noisy) == 120
    assert noisy.labels == 3 * dataset.labels
    np.testing.assert_array_equal(sources, np.tile(np.arange(40), 3))
    for column in ("texts", "text_pairs"):
        copies = [getattr(noisy, column)[start : start + 40] for start in (0, 40, 80)]
        assert copies[1] != copies[2]
        assert np.mean([a != b for a, b in zip(copies[0], copies[1], strict=True)]) > 0.8
    # Noise of its own for each of the two.
    assert noisy.texts[40:80] != noisy.text_pairs[40:80][::-1]
    assert examples.origins.tolist() == 40 * [Origin.ORIGINAL] + 80 * [Origin.NOISY_COPY]
    assert noisy == _noisy(dataset, OPTIONS)
    assert noisy != _noisy(dataset, dataclasses.replace(OPTIONS, seed=1))


def test_words_keep_their_tags():
    sentences = [text.split() for text in TEXTS]
    dataset = TokenDataset(
        "news",
        sentences,
        tags=[[f"B-{word}" for word in words] for words in sentences],
        languages=["en"] * 40,
    )
    noisy = _noisy(dataset, dataclasses.replace(OPTIONS, noise_level=1.0))
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
    examples = Examples.originals(dataset.take(range(10)))
    examples = examples.extend(dataset.take(range(10, 40)), Origin.UNLABELLED)
    copied = add_noisy_copies(examples, dataclasses.replace(OPTIONS, noisy_copies=1))
    assert copied.dataset.labels == TEXTS + TEXTS[:10]
    np.testing.assert_array_equal(copied.sources, [*range(40), *range(10)])
    assert add_noisy_copies(examples, TrainingOptions()) is examples


def test_a_teacher_reads_texts_without_noise():
    dataset = TextDataset("news", TEXTS, labels=TEXTS)
    examples = Examples.originals(dataset.take(range(3)))
    examples = examples.extend(dataset.take([3]), Origin.UNLABELLED)
    examples = examples.extend(dataset.take(range(4, 8)), Origin.VARIANT, np.array([0, 1, 2, 3]))
    examples = add_noisy_copies(examples, dataclasses.replace(OPTIONS, noisy_copies=1))
    read, numbers = examples.teacher_dataset()
    assert read.texts == TEXTS[:8]
    np.testing.assert_array_equal(numbers, [*range(8), 0, 1, 2])
    # The variant of the unlabelled text has no label either.
    np.testing.assert_array_equal(np.flatnonzero(examples.lack_labels), [3, 7])
    np.testing.assert_array_equal(
        np.flatnonzero(examples.have(Origin.ORIGINAL, Origin.NOISY_COPY)), [0, 1, 2, 8, 9, 10]
    )


def test_what_cannot_be_copied_or_joined_is_refused():
    with pytest.raises(UserError, match="a QuestionDataset, of which no variants can be made"):
        _noisy(QuestionDataset("squad", [], [], [], [], []), OPTIONS)
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
    examples = Examples.originals(splits.train)
    found = add_unlabelled(examples, splits, [str(source)], tmp_path / "texts").dataset
    assert found.texts == ["the profit rose", "hail", "Profit rose."]
    assert found.labels[:2] == ["a", "b"]
    assert add_unlabelled(examples, splits, [], tmp_path) is examples
    assert prepare_examples(splits, TrainingOptions(), None, tmp_path).dataset is splits.train
    with pytest.raises(UserError, match="does not exist"):
        add_unlabelled(examples, splits, ["nowhere.txt"], tmp_path)
    pairs = TextDatasetSplits(
        TextDataset("both", ["x"], labels=["b"], text_pairs=["y"]), splits.validation, None
    )
    with pytest.raises(UserError, match="both does not hold single texts"):
        add_unlabelled(Examples.originals(pairs.train), pairs, [str(source)], tmp_path)
    with pytest.raises(UserError, match="unlabelled texts need a teacher"):
        TrainingOptions(unlabelled=["more.txt"])


def test_only_a_line_break_ends_an_unlabelled_text(tmp_path):
    source = tmp_path / "more.txt"
    source.write_bytes("one\u2028two\r\nthree\x0cfour\x85five\n".encode())
    part = TextDataset("news", ["hail"], labels=["a"])
    splits = TextDatasetSplits(part, part)
    found = add_unlabelled(Examples.originals(part), splits, [str(source)], tmp_path / "texts")
    assert found.dataset.texts[1:] == ["one\u2028two", "three\x0cfour\x85five"]


def test_the_languages_of_unlabelled_texts_are_identified(tmp_path):
    source = tmp_path / "more.txt"
    source.write_text("where is the nearest station\nwo ist hier der nächste Bahnhof\n", "utf-8")
    part = TextDataset("news", ["hail"], labels=["a"], languages=["en"])
    splits = TextDatasetSplits(part, part)
    found = add_unlabelled(Examples.originals(part), splits, [str(source)], tmp_path / "texts")
    assert list(found.dataset.languages) == ["en", "en", "de"]
