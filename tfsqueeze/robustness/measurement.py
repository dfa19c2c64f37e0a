"""Accuracy of classifiers on the same noisy texts and under the same attacks."""

from __future__ import annotations

import dataclasses
import functools
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tfsqueeze.data.datasets.labels import UNKNOWN_ID
from tfsqueeze.data.datasets.neighbour_words import NeighbourWords
from tfsqueeze.robustness.attacks import ATTACKS, attack_candidates
from tfsqueeze.robustness.greedy_search import (
    Candidates,
    Predict,
    greedy_search,
    summarize_attack,
)
from tfsqueeze.robustness.noises import NOISES, NoiseFunction, noise_functions, noisy_texts
from tfsqueeze.robustness.selection import check_names
from tfsqueeze.utils.errors import UserError

# (what is counted, number done, number in total) -> None
Progress = Callable[[str, int, int], None]


@dataclasses.dataclass(frozen=True)
class RobustnessOptions:
    """Settings of a measurement of robustness.

    Args:
        noises: names in `NOISES`.
        levels: the levels of each noise, above 0 and at most 1.
        attacks: names in `ATTACKS`.
        max_changed: the share of a text's words that an attack may change, above 0 and at most 1.
        seed: fixes the noises and the attacks.

    Raises:
        UserError: a name is unknown, or a value is out of range.

    Example:
        >>> RobustnessOptions(noises=("swap",), levels=(0.1,), attacks=()).max_changed
        0.3
    """

    noises: tuple[str, ...] = tuple(NOISES)
    levels: tuple[float, ...] = (0.05, 0.1, 0.2)
    attacks: tuple[str, ...] = tuple(ATTACKS)
    max_changed: float = 0.3
    seed: int = 0

    def __post_init__(self) -> None:
        """Checks names and ranges."""
        check_names("noise", NOISES, self.noises)
        check_names("attack", ATTACKS, self.attacks)
        if self.noises and not self.levels:
            raise UserError("noises need at least one level above 0, such as 0.1")
        for level in self.levels:
            if not 0 < level <= 1:
                raise UserError(f"a noise level must be above 0 and at most 1, not {level:g}")
        if not 0 < self.max_changed <= 1:
            raise UserError(
                "the share of words that an attack may change must be above 0 and at "
                f"most 1, not {self.max_changed:g}"
            )
        if self.seed < 0:
            raise UserError(f"seed must not be negative, as {self.seed} is")


def measure_robustness(
    predictors: Mapping[str, Predict],
    texts: Sequence[str],
    label_ids: Sequence[int],
    label_names: Sequence[str],
    options: RobustnessOptions,
    words: NeighbourWords | None = None,
    progress: Progress = lambda *_: None,
) -> dict[str, Any]:
    """Measures the accuracy of classifiers on noisy texts and under attack.

    All classifiers get the same noisy texts, and each one is attacked on the same texts.

    Args:
        predictors: by name, a function from texts to probabilities, float [texts, labels].
        texts: the texts to measure on.
        label_ids: the ids of the true labels, int [texts]; `UNKNOWN_ID` for labels that the
            classifiers lack, whose predictions are all wrong.
        label_names: the label of each column of the probabilities.
        options: the noises, the attacks and their settings.
        words: the neighbours of words, for `synonyms` and `textfooler`; without them these two are
            left out.
        progress: is called with what is counted, the number done and the number in total.

    Returns:
        A JSON-able dictionary with

        * `models`, `labels`, `examples` and `options`: the input;
        * `left_out`: the names of noises and attacks that lack `words`;
        * `clean`: the accuracy on the original texts, by model;
        * `noises`: for each noise a row of `noise`, `description`, `example` (the first text that
          the highest level changes, as `text` and `noisy`, or None) and `levels`: for each level a
          row of `level`, `changed` (the share of texts that change) and `accuracy` by model;
        * `attacks`: for each attack and model a row of `attack`, `description`, `model`, the keys
          of `summarize_attack`, and `results`: the `AttackedText` of each text as a dictionary,
          with the names of its labels, None for an unknown one.

    Raises:
        UserError: there are no texts.

    Example:
        >>> def predict(texts):
        ...     return np.array([[1.0, 0.0] if "good" in text else [0.0, 1.0] for text in texts])
        >>> options = RobustnessOptions(noises=("uppercase",), levels=(1.0,), attacks=())
        >>> report = measure_robustness({"toy": predict}, ["good"], [0], ["pos", "neg"], options)
        >>> report["clean"], report["noises"][0]["levels"][0]["accuracy"]
        ({'toy': 1.0}, {'toy': 0.0})
    """
    if not texts:
        raise UserError("there are no texts to measure on")
    true_ids = np.asarray(label_ids)
    left_out = [
        name
        for names, known in ((options.noises, NOISES), (options.attacks, ATTACKS))
        for name in names
        if known[name].needs_words and words is None
    ]
    noises = noise_functions([name for name in options.noises if name not in left_out], words)
    attacks = attack_candidates([name for name in options.attacks if name not in left_out], words)

    def accuracies(noisy: Sequence[str]) -> dict[str, float]:
        return {
            name: float((np.asarray(predict(noisy)).argmax(axis=1) == true_ids).mean())
            for name, predict in predictors.items()
        }

    return {
        "models": list(predictors),
        "labels": list(label_names),
        "examples": len(texts),
        "options": {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in dataclasses.asdict(options).items()
        },
        "left_out": left_out,
        "clean": accuracies(texts),
        "noises": _measure_noises(noises, texts, options, accuracies, progress),
        "attacks": _measure_attacks(
            attacks, predictors, texts, true_ids.tolist(), label_names, options, progress
        ),
    }


def _measure_noises(
    noises: Mapping[str, NoiseFunction],
    texts: Sequence[str],
    options: RobustnessOptions,
    accuracies: Callable[[Sequence[str]], dict[str, float]],
    progress: Progress,
) -> list[dict[str, Any]]:
    total, done = len(noises) * len(options.levels), 0
    rows = []
    for name, noise in noises.items():
        # Each noise has a seed of its own, the same for all levels; see `edit_matches`.
        seed = options.seed + zlib.crc32(name.encode())
        levels = []
        for level in options.levels:
            noisy = noisy_texts(texts, noise, level, seed)
            changed = np.mean([a != b for a, b in zip(texts, noisy, strict=True)])
            levels.append(
                {"level": level, "changed": float(changed), "accuracy": accuracies(noisy)}
            )
            done += 1
            progress("noises at all levels", done, total)
        strongest = noisy_texts(texts, noise, max(options.levels), seed)
        example = next(
            (
                {"text": text, "noisy": changed}
                for text, changed in zip(texts, strongest, strict=True)
                if changed != text
            ),
            None,
        )
        rows.append(
            {
                "noise": name,
                "description": NOISES[name].description,
                "example": example,
                "levels": levels,
            }
        )
    return rows


def _measure_attacks(
    attacks: Mapping[str, Candidates],
    predictors: Mapping[str, Predict],
    texts: Sequence[str],
    label_ids: Sequence[int],
    label_names: Sequence[str],
    options: RobustnessOptions,
    progress: Progress,
) -> list[dict[str, Any]]:
    rows = []
    for attack, candidates in attacks.items():
        for model, predict in predictors.items():
            attacked = greedy_search(
                predict,
                texts,
                label_ids,
                candidates,
                max_changed=options.max_changed,
                seed=options.seed,
                progress=functools.partial(progress, f"{attack} on {model}"),
            )
            results = [
                {
                    **dataclasses.asdict(result),
                    "label": None if result.label == UNKNOWN_ID else label_names[result.label],
                    "predicted": label_names[result.predicted],
                }
                for result in attacked
            ]
            rows.append(
                {
                    "attack": attack,
                    "description": ATTACKS[attack].description,
                    "model": model,
                    **summarize_attack(attacked),
                    "results": results,
                }
            )
    return rows
