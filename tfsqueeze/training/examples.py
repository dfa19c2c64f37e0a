"""The examples that a run learns from: those of the data, texts without labels, variants, and
noisy copies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tfsqueeze.data.datasets.concatenation import concatenate
from tfsqueeze.data.datasets.neighbour_words import NeighbourWords, augment
from tfsqueeze.data.datasets.text_dataset import TextDataset, TextDatasetSplits
from tfsqueeze.data.sources.text_files import text_files
from tfsqueeze.robustness.noisy_copies import TRAINING_NOISES, WORD_NOISES, noisy_copies
from tfsqueeze.training.teacher import Teacher
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError


def with_unlabelled(splits: TextDatasetSplits, sources: Sequence[str], folder: Path) -> TextDataset:
    """Returns the training texts, and after them those of sources without labels.

    sources: see `TrainingOptions.unlabelled`. folder: takes the texts of named datasets.

    A text that is there already, or in another part of the data, is left out, whatever its case,
    spaces and punctuation. The label of one without is the first: it stands for none.

    Raises UserError where a source does not exist, and for data that are not single texts.
    """
    train = splits.train
    if not sources:
        return train
    if not isinstance(train, TextDataset) or train.text_pairs is not None:
        raise UserError(
            f"{train.name} is not one of single texts, of which alone there can be "
            "unlabelled ones; leave them out"
        )
    seen = {
        _letters(text)
        for part in (train, splits.validation, splits.test)
        if part is not None
        for text in part.texts
    }
    texts = []
    for file in text_files(sources, folder):
        for line in file.read_text("utf-8").splitlines():
            if (letters := _letters(line)) and letters not in seen:
                seen.add(letters)
                texts.append(line)
    return concatenate(
        [train, TextDataset("unlabelled", texts, labels=[splits.label_names[0]] * len(texts))],
        train.name,
    )


def _letters(text):
    return "".join(filter(str.isalnum, text.casefold()))


def with_variants(teacher: Teacher, dataset, options: TrainingOptions):
    """Returns the dataset with as many variants of all its examples after it as the options ask
    for: other words of the teacher's vocabulary, near in its embeddings, stand in."""
    copies = options.augmented_copies
    if not copies:
        return dataset
    words = NeighbourWords(
        teacher.tokenizer.vocabulary, teacher.model.get_layer("embeddings").word_embeddings.numpy()
    )
    return concatenate(
        [
            dataset,
            augment(
                dataset,
                copies,
                lambda texts: [
                    text
                    for copy in range(copies)
                    for text in words.replace(texts, options.replaced_words, options.seed + copy)
                ],
            ),
        ]
    )


def with_noise(dataset, options: TrainingOptions, originals: int | None = None):
    """Returns the dataset with as many noisy copies after it as the options ask for, and of which
    of its examples each is a copy: int [examples].

    originals: copies are made of so many of the first examples; of all by default.
    """
    count = len(dataset) if originals is None else originals
    sources = np.arange(len(dataset))
    copies = options.noisy_copies
    if not copies:
        return dataset, sources
    names = TRAINING_NOISES if isinstance(dataset, TextDataset) else WORD_NOISES
    noisy = augment(
        dataset.take(range(count)),
        copies,
        lambda texts: noisy_copies(texts, copies, options.noise_level, options.seed, names),
    )
    return concatenate([dataset, noisy]), np.concatenate(
        [sources, np.tile(sources[:count], copies)]
    )
