"""Scores of a classifier under noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.robustness.attacks import character_edits
from tfsqueeze.robustness.greedy_search import Predict, greedy_search, summarize_attack
from tfsqueeze.robustness.measurement import RobustnessOptions, measure_robustness

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
        their mean `noisy`, and the difference `lost`; and `attack_success_rate` of DeepWordBug on
        `ATTACKED_TEXTS` of the texts, which is left out if none of these is predicted correctly.
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
    success = summarize_attack(
        greedy_search(
            predict,
            attacked.texts,
            attacked.label_ids(label_names),
            character_edits,
            max_changed=MAX_CHANGED,
        )
    )["success_rate"]
    return {
        "clean": clean,
        **accuracies,
        "noisy": noisy,
        "lost": clean - noisy,
        **({} if success is None else {"attack_success_rate": success}),
    }
