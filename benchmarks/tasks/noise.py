"""Scores of a classifier under noise."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from tfsqueeze.data.datasets.neighbour_words import NeighbourWords
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.robustness.attacks import ATTACKS, attack_candidates
from tfsqueeze.robustness.greedy_search import Predict, greedy_search, summarize_attack
from tfsqueeze.robustness.measurement import RobustnessOptions, measure_robustness

BACKBONE = "squeezebert-tiny"
CHARACTER_NOISES = ("keyboard", "swap", "drop", "insert", "repeat")
# The share of letters that each noise touches.
NOISE_LEVEL = 0.1
# An attack asks more than a dozen times for each text.
ATTACKED_TEXTS = 1000
MAX_CHANGED = RobustnessOptions.max_changed


def noise_scores(
    predict: Predict, label_names: Sequence[str], test: TextDataset
) -> dict[str, float]:
    """Measures a classifier under noise and attack.

    Args:
        predict: returns the probabilities of texts, in the order of the label names.
        label_names: the labels.
        test: labelled texts.

    Returns:
        Fractions: the accuracy on `clean` texts and under each of `CHARACTER_NOISES`, by name;
        their mean `noisy`, and the difference `lost`; and by the name of each attack its success
        rate on `ATTACKED_TEXTS` of the texts, if any of these is predicted correctly.
    """
    report = measure_robustness(
        {"model": predict},
        test.texts,
        test.label_ids(label_names),
        label_names,
        RobustnessOptions(noises=CHARACTER_NOISES, levels=(NOISE_LEVEL,), attacks=()),
    )
    accuracies = {row["noise"]: row["levels"][0]["accuracy"]["model"] for row in report["noises"]}
    clean, noisy = report["clean"]["model"], float(np.mean(list(accuracies.values())))
    attacked = test.sample(ATTACKED_TEXTS, seed=0)
    label_ids = attacked.label_ids(label_names)
    rates = {
        name: summarize_attack(
            greedy_search(predict, attacked.texts, label_ids, candidates, max_changed=MAX_CHANGED)
        )["success_rate"]
        for name, candidates in attack_candidates(list(ATTACKS), _words_of_backbone()).items()
    }
    return {
        "clean": clean,
        **accuracies,
        "noisy": noisy,
        "lost": clean - noisy,
        **{name: rate for name, rate in rates.items() if rate is not None},
    }


@functools.cache
def _words_of_backbone() -> NeighbourWords:
    """The neighbours of words; one table of them for all models, as TextFooler has one."""
    from tfsqueeze import SqueezeBertModel, WordPieceTokenizer
    from tfsqueeze.checkpoints.model_sources import pretrained_folder

    folder = pretrained_folder(BACKBONE)
    vocabulary = WordPieceTokenizer.from_pretrained(folder).vocabulary
    return NeighbourWords.of_model(vocabulary, SqueezeBertModel.from_pretrained(folder))
