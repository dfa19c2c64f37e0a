"""Classifiers side by side on the same noisy texts and under the same attacks."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tfsqueeze.data.datasets.neighbour_words import NeighbourWords
from tfsqueeze.robustness.attacks import ATTACKS, attack_candidates
from tfsqueeze.robustness.greedy_search import Predict, greedy_search, summarize_attack
from tfsqueeze.robustness.noises import NOISES, noise_functions, noisy_texts
from tfsqueeze.utils.errors import UserError

Progress = Callable[[str, int, int], None]


@dataclasses.dataclass(frozen=True)
class RobustnessOptions:
    """What is measured.

    noises, attacks: names; those that need word embeddings are left out where there are none.
    levels: of each noise, above 0 and at most 1.
    max_changed: share of a text's words that an attack may change.
    seed: of noises and attacks.

    Raises UserError for an unknown name and a value out of range.
    """

    noises: tuple[str, ...] = tuple(NOISES)
    levels: tuple[float, ...] = (0.05, 0.1, 0.2)
    attacks: tuple[str, ...] = tuple(ATTACKS)
    max_changed: float = 0.3
    seed: int = 0

    def __post_init__(self):
        for kind, names, known in (
            ("noise", self.noises, NOISES),
            ("attack", self.attacks, ATTACKS),
        ):
            for name in names:
                if name not in known:
                    raise UserError(
                        f"there is no {kind} {name!r}; choose some of {', '.join(known)}"
                    )
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
    """Measures each classifier's accuracy on noisy texts and under attack.

    predictors: by name, what gives the probabilities of texts, float [texts, labels], in the order
        of `label_names`. All get the same noisy texts; each is attacked on the same texts.
    label_ids: the true labels, int [texts].
    words: for `synonyms` and `textfooler`.
    progress: called with what is counted, how many are done and how many there are.

    Returns a JSON-able dict: `models` (names), `labels`, `examples`, `options`, `left_out` (names
    that need words where there are none); `clean` (accuracy by model); `noises`: rows of `noise`,
    `description`, `example` (the first text that the highest level changes, as `text` and
    `noisy`, or None) and `levels`, each a `level` with the share of texts that it `changed` and
    the `accuracy` by model; `attacks`: rows of
    `attack`, `description`, `model`, what `summarize_attack` returns, and `results`, an
    `AttackedText` of each text as a dict with the names of its labels.

    Raises UserError where there are no texts.
    """
    if not texts:
        raise UserError("there are no texts to measure on")
    label_ids = np.asarray(label_ids)
    left_out = [
        name
        for names, known in ((options.noises, NOISES), (options.attacks, ATTACKS))
        for name in names
        if known[name].needs_words and words is None
    ]
    noises = noise_functions([name for name in options.noises if name not in left_out], words)
    attacks = attack_candidates([name for name in options.attacks if name not in left_out], words)
    total, done = len(noises) * len(options.levels), 0

    def accuracies(noisy):
        return {
            name: float((np.asarray(predict(noisy)).argmax(axis=1) == label_ids).mean())
            for name, predict in predictors.items()
        }

    clean = accuracies(texts)
    noise_rows = []
    for name, noise in noises.items():
        # Of its own for each noise, and the same for all levels: see `edit_matches`.
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
        noise_rows.append(
            {
                "noise": name,
                "description": NOISES[name].description,
                "example": example,
                "levels": levels,
            }
        )
    attack_rows = []
    for attack, candidates in attacks.items():
        for model, predict in predictors.items():
            attacked = greedy_search(
                predict,
                texts,
                label_ids,
                candidates,
                max_changed=options.max_changed,
                seed=options.seed,
                progress=lambda *counts, what=f"{attack} on {model}": progress(what, *counts),
            )
            results = [
                {
                    **dataclasses.asdict(one),
                    "label": label_names[one.label],
                    "predicted": label_names[one.predicted],
                }
                for one in attacked
            ]
            attack_rows.append(
                {
                    "attack": attack,
                    "description": ATTACKS[attack].description,
                    "model": model,
                    **summarize_attack(attacked),
                    "results": results,
                }
            )
    return {
        "models": list(predictors),
        "labels": list(label_names),
        "examples": len(texts),
        "options": {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in dataclasses.asdict(options).items()
        },
        "left_out": left_out,
        "clean": clean,
        "noises": noise_rows,
        "attacks": attack_rows,
    }
