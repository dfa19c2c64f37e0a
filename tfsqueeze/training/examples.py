"""The examples that a run learns from: those of the data, variants, and noisy copies."""

from __future__ import annotations

import numpy as np

from tfsqueeze.data.augmentation import NeighbourWords, augment
from tfsqueeze.data.joining import joined
from tfsqueeze.data.text_dataset import TextDataset
from tfsqueeze.robustness.augmentation import TRAINING_NOISES, WORD_NOISES, noisy_copies
from tfsqueeze.training.options import TrainingOptions
from tfsqueeze.training.teacher import Teacher


def with_variants(teacher: Teacher, dataset, options: TrainingOptions):
    """Returns the dataset with as many variants of all its examples after it as the options ask
    for: other words of the teacher's vocabulary, near in its embeddings, stand in."""
    copies = options.augmented_copies
    if not copies:
        return dataset
    words = NeighbourWords(teacher.tokenizer.vocabulary,
                           teacher.model.get_layer("embeddings").word_embeddings.numpy())
    return joined([dataset, augment(dataset, copies, lambda texts: [
        text for copy in range(copies)
        for text in words.replace(texts, options.replaced_words, options.seed + copy)])])


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
    noisy = augment(dataset.take(range(count)), copies, lambda texts: noisy_copies(
        texts, copies, options.noise_level, options.seed, names))
    return joined([dataset, noisy]), np.concatenate([sources, np.tile(sources[:count], copies)])
